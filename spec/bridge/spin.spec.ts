import { expect } from 'chai'
import { SPIN_MS, Spin } from '../../adapters/bridge/spin.ts'

/** Makes calls that take so long (in ms) when they spin and when they sleep; answers how many of them spun. */
function calls(spin: Spin, count: number, spinning: number, sleeping: number): number {
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
    const spin = new Spin()
    calls(spin, 50, 0.03, 0.08)
    expect(spin.budget).to.equal(SPIN_MS)
    expect(calls(spin, 10_000, 0.03, 0.08)).to.be.above(9700)
  })

  it('stops where it does not pay, but for a rare trial', () => {
    const spin = new Spin()
    calls(spin, 2000, 0.15, 0.08)
    expect(calls(spin, 5200, 0.15, 0.08)).to.be.within(72, 88)
  })

  it('is not worth a core for a small gain', () => {
    const spin = new Spin()
    calls(spin, 2000, 0.9, 1)
    expect(calls(spin, 5200, 0.9, 1)).to.be.within(72, 88)
  })

  it('ends within ten calls when the core is taken', () => {
    const spin = new Spin()
    calls(spin, 60, 0.03, 0.08)
    expect(spin.budget).to.equal(SPIN_MS)
    expect(calls(spin, 40, 0.16, 0.08)).to.be.within(1, 10)
  })

  it('begins again within some hundred calls when a core comes free', () => {
    const spin = new Spin()
    calls(spin, 20_000, 0.16, 0.08)
    expect(calls(spin, 1600, 0.03, 0.08)).to.be.above(1000)
  })

  it('goes on through single calls that take very long', () => {
    const spin = new Spin()
    calls(spin, 50, 0.03, 0.08)
    let spun = 0
    for (let i = 0; i < 1000; i++) spun += calls(spin, 1, i % 50 === 0 ? 5 : 0.03, 0.08)
    expect(spun).to.be.above(950)
  })

  it('is not misled by a first call that connects', () => {
    const spin = new Spin()
    spin.took(100)
    calls(spin, 2000, 0.08, 0.08)
    expect(calls(spin, 5200, 0.08, 0.08)).to.be.below(100)
  })
})
