import { expect } from 'chai'
import { Thread } from '../../../adapters/bridge/caller/thread.ts'
import { CallerSpin, MOST_MS, watch } from '../../../adapters/bridge/caller-spin.ts'
import { WorkerSpin } from '../../../adapters/bridge/worker/worker-spin.ts'
import { LIMIT } from './support.ts'

/** Makes calls that take so long (in ms) when they spin and when they sleep; answers how many of them spun. */
function calls(spin: CallerSpin, count: number, spinning: number, sleeping: number): number {
  let spun = 0
  for (let i = 0; i < count; i++) {
    const spins = spin.budget > 0
    if (spins) spun++
    spin.took(spins ? spinning : sleeping)
  }
  return spun
}

describe('spinning', () => {
  it('begins within a few calls where it pays, and goes on but for a rare trial of sleeping', () => {
    const spin = new CallerSpin()
    calls(spin, 60, 0.03, 0.08)
    expect(calls(spin, 10_000, 0.03, 0.08)).to.be.above(9700)
  })

  it('stops where it does not pay, but for a rare trial', () => {
    const spin = new CallerSpin()
    calls(spin, 3000, 0.15, 0.08)
    expect(calls(spin, 10_000, 0.15, 0.08)).to.be.within(50, 250)
  })

  it('is not worth a core for a small gain', () => {
    const spin = new CallerSpin()
    calls(spin, 3000, 0.9, 1)
    expect(calls(spin, 10_000, 0.9, 1)).to.be.within(50, 250)
  })

  it('takes no longer than a call that sleeps, and is bounded', () => {
    for (const [sleeping, most] of [
      [0.08, 0.08],
      [5, MOST_MS],
    ] as const) {
      const spin = new CallerSpin()
      calls(spin, 60, 0.03, sleeping)
      expect(spin.budget).to.be.closeTo(most, 0.001)
    }
  })

  it('ends within ten calls when the core is taken', () => {
    const spin = new CallerSpin()
    calls(spin, 60, 0.03, 0.08)
    expect(spin.budget).to.be.above(0)
    expect(calls(spin, 32, 0.16, 0.08)).to.be.within(1, 10)
  })

  it('begins again within some hundred calls when a core comes free', () => {
    const spin = new CallerSpin()
    calls(spin, 20_000, 0.16, 0.08)
    expect(calls(spin, 1600, 0.03, 0.08)).to.be.above(1000)
  })

  it('goes on through single calls that take very long', () => {
    const spin = new CallerSpin()
    calls(spin, 60, 0.03, 0.08)
    let spun = 0
    for (let i = 0; i < 1000; i++) spun += calls(spin, 1, i % 50 === 0 ? 5 : 0.03, 0.08)
    expect(spun).to.be.above(900)
  })

  it('is not misled by a first call that connects', () => {
    const spin = new CallerSpin()
    spin.took(100)
    calls(spin, 2000, 0.08, 0.08)
    expect(calls(spin, 10_000, 0.08, 0.08)).to.be.below(250)
  })
})

describe('spinning of the worker', () => {
  it('goes on while requests come, and as long as the caller spins', () => {
    const spin = new WorkerSpin()
    for (let i = 0; i < 100; i++) {
      expect(spin.isWorth(true)).to.equal(true)
      spin.ended(true)
    }
    expect(spin.isWorth(false)).to.equal(false)
  })

  it('is rare when it is in vain, until the caller begins to spin anew', () => {
    const spin = new WorkerSpin()
    let spins = 0
    for (let i = 0; i < 640; i++) {
      if (!spin.isWorth(true)) continue
      spins++
      spin.ended(false)
    }
    expect(spins).to.be.within(10, 16)
    spin.isWorth(false)
    expect(spin.isWorth(true)).to.equal(true)
  })

  it('takes each request once, and gives each its own answer, while both sides spin', () => {
    const module = new URL('./fixtures/plain-store.mjs', import.meta.url).href
    const thread = new Thread({ module, name: undefined, options: {}, adapter: 'FarCache' }, () => {})
    for (let i = 0; i < 2000; i++) {
      // Some calls sleep, and some come when the worker has given up waiting for them.
      const spin = i % 100 < 90 ? 0.1 : 0
      thread.ask('save', ['k', String(i), null], LIMIT, spin)
      if (i % 50 === 0) watch(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.2)
      expect(thread.ask('load', ['k'], LIMIT, spin)).to.equal(String(i))
    }
    thread.end()
  })
})
