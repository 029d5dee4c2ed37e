import { expect } from 'chai'
import { all, andThen, type Flow, isPromise, run, wait } from '../../lib/core/flow.ts'

function* sum(a: number | Promise<number>, b: number | Promise<number>): Flow<number> {
  return (yield* wait(a)) + (yield* wait(b))
}

describe('flow', () => {
  it('finishes on the spot when every step answers at once', () => {
    expect(run(sum(1, 2))).to.equal(3)
  })

  it('becomes a promise from the first promise on', async () => {
    const answer = run(sum(1, Promise.resolve(2)))
    expect(isPromise(answer)).to.equal(true)
    expect(await answer).to.equal(3)
    expect(await run(sum(Promise.resolve(1), Promise.resolve(2)))).to.equal(3)
  })

  it('throws what a step throws, in either colour, and lets the flow catch it', async () => {
    function* guarded(x: Promise<number> | (() => number)): Flow<string> {
      try {
        return `${yield* wait(typeof x === 'function' ? x() : x)}`
      } catch (error) {
        return `caught ${(error as Error).message}`
      }
    }
    const fail = () => {
      throw new Error('failure')
    }
    expect(run(guarded(fail))).to.equal('caught failure')
    expect(await run(guarded(Promise.reject(new Error('rejection'))))).to.equal('caught rejection')
  })

  it('runs the finally of a flow that fails after a promise', async () => {
    const steps: string[] = []
    function* cleaning(): Flow<void> {
      try {
        yield* wait(Promise.resolve())
        throw new Error('failure')
      } finally {
        steps.push('cleaned')
      }
    }
    const failure = await Promise.resolve(run(cleaning())).catch((error) => error.message)
    expect([failure, ...steps]).to.deep.equal(['failure', 'cleaned'])
  })

  it('looks at an answer of either colour', async () => {
    expect(andThen(2, (x) => x * 2)).to.equal(4)
    expect(await andThen(Promise.resolve(2), (x) => Promise.resolve(x * 2))).to.equal(4)
  })

  it('takes answers together', async () => {
    expect(all([1, 2])).to.deep.equal([1, 2])
    expect(await all([1, Promise.resolve(2)])).to.deep.equal([1, 2])
  })
})
