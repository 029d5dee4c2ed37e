import { expect } from 'chai'
import { type EvictionPolicy, MemoryCache } from '../../../adapters/memory/index.ts'
import { ConfigError } from '../../../lib/core/errors.ts'

/** Gives up the latest, and keeps a diary. */
class Latest implements EvictionPolicy {
  readonly diary: string[] = []
  readonly #slots: number[] = []

  touch(slot: number): void {
    this.diary.push(`touch ${slot}`)
  }
  admit(slot: number, hash: number, weight: number): void {
    expect(Number.isInteger(hash)).to.equal(true)
    this.diary.push(`admit ${slot} ${weight}`)
    this.#slots.push(slot)
  }
  evict(weight: number): number {
    this.diary.push(`evict for ${weight}`)
    return this.#slots.pop()!
  }
  remove(slot: number): void {
    this.diary.push(`remove ${slot}`)
    this.#slots.splice(this.#slots.indexOf(slot), 1)
  }
}

describe('MemoryCache with a policy of a user', () => {
  it('gives up what it says, and tells it of all that comes, is used and goes', () => {
    const policy = new Latest()
    const cache = new MemoryCache({ maxBytes: 10, weigher: (value) => value as number, policy })
    cache.set('a', 4)
    cache.set('b', 5)
    cache.get('a')
    cache.set('pinned', 0)
    cache.get('pinned')
    cache.set('c', 6)
    expect([...cache.keys()]).to.have.members(['a', 'c', 'pinned'])
    cache.remove('a')
    cache.clear()
    expect(policy.diary).to.deep.equal([
      'admit 4 4',
      'admit 5 5',
      'touch 4',
      'evict for 6',
      'admit 5 6',
      'remove 4',
      'remove 5',
    ])
  })

  it('may be made for each store', () => {
    const made: [number, number][] = []
    const policy = (capacity: number, seed: number): EvictionPolicy => {
      made.push([capacity, seed])
      return new Latest()
    }
    for (const maxEntries of [3, 5]) {
      const cache = new MemoryCache({ maxEntries, policy })
      for (let i = 0; i < 10; i++) cache.set(i, i)
      expect([...cache.keys()])
        .to.include('0')
        .and.to.have.lengthOf(maxEntries)
    }
    expect(made.map(([capacity]) => capacity)).to.deep.equal([3, 5])
  })

  it('shows no order unless the policy tells', () => {
    const cache = new MemoryCache({ maxEntries: 3, policy: new Latest() })
    for (let i = 0; i < 3; i++) cache.set(i, i)
    expect(cache.policy().coldest()).to.have.lengthOf(3)
    expect(cache.policy().hottest(2)).to.have.lengthOf(2)
  })

  it("refuses what is no policy, and one that is somebody else's", () => {
    for (const policy of ['best', {}, { touch: () => {} }, null, 5, () => ({})]) {
      expect(() => new MemoryCache({ policy: policy as never }), String(policy)).to.throw(ConfigError, /adaptive/)
    }
    const policy = new Latest()
    new MemoryCache({ policy })
    expect(() => new MemoryCache({ policy })).to.throw(ConfigError, /one cache/)
  })

  for (const [place, before] of Object.entries({ 'a free slot': ['a'], 'the slot of another': ['a', 'b'] })) {
    it(`keeps nothing, and goes on, when the policy throws at what comes into ${place}`, () => {
      const policy = new Latest()
      const cache = new MemoryCache({ maxEntries: 2, policy })
      for (const key of before) cache.set(key, key)
      const admit = policy.admit.bind(policy)
      policy.admit = () => {
        throw new Error('no')
      }
      expect(() => cache.set('c', 'c')).to.throw('no')
      policy.admit = admit
      expect([...cache.keys()]).to.deep.equal(['a'])
      expect(cache.stats().size).to.equal(1)
      cache.set('d', 'd')
      cache.set('e', 'e')
      expect([cache.get('a'), cache.get('c'), cache.get('d'), cache.get('e')]).to.deep.equal([
        'a',
        undefined,
        undefined,
        'e',
      ])
      expect(cache.stats().size).to.equal(2)
    })
  }

  it('fails when the policy gives up what is not there', () => {
    const policy = Object.assign(new Latest(), { evict: () => 17 })
    const cache = new MemoryCache({ maxEntries: 1, policy })
    cache.set('a', 1)
    expect(() => cache.set('b', 1)).to.throw(ConfigError, /slot 17/)
    expect(cache.get('a')).to.equal(1)
  })
})
