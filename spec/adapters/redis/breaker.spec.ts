import { performance } from 'node:perf_hooks'
import { expect } from 'chai'
import { Breaker } from '../../../adapters/shared/breaker.ts'

describe('Breaker', () => {
  const now = performance.now
  const down = new Error('down')
  let time = 0
  let breaker: Breaker

  beforeEach(() => {
    time = 1000
    performance.now = () => time
    breaker = new Breaker()
  })

  afterEach(() => {
    performance.now = now
  })

  it('lets everybody through until something fails', () => {
    expect(breaker.refusal()).to.equal(undefined)
    expect(breaker.worked()).to.equal(false)
    breaker.failed(down)
    expect(breaker.refusal()).to.equal(down)
  })

  it('lets one through after each pause, which doubles up to a second', () => {
    breaker.failed(down)
    for (const pause of [50, 100, 200, 400, 800, 1000, 1000]) {
      time += pause - 1
      expect(breaker.refusal(), `${pause}`).to.equal(down)
      time += 1
      expect(breaker.refusal(), `${pause}`).to.equal(undefined)
      expect(breaker.refusal(), `${pause}`).to.equal(down)
      breaker.failed(down)
    }
  })

  it('takes all that fails at the same time for one failure', () => {
    for (let i = 0; i < 100; i++) breaker.failed(down)
    time += 50
    expect(breaker.refusal()).to.equal(undefined)
  })

  it('lets everybody through again when something has worked, and says once that it had been down', () => {
    breaker.failed(down)
    expect(breaker.worked()).to.equal(true)
    expect(breaker.worked()).to.equal(false)
    expect(breaker.refusal()).to.equal(undefined)
    breaker.failed(down)
    time += 50
    expect(breaker.refusal(), 'the pause is short again').to.equal(undefined)
  })
})
