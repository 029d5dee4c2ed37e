import { expect } from 'chai'
import fc from 'fast-check'
import { KeyIndex } from '../../../adapters/memory/engine/key-index.ts'
import { hashOf, secretOf } from '../../../adapters/memory/engine/policies/hash.ts'
import { Slots } from '../../../adapters/memory/engine/slots.ts'
import { MemoryCache } from '../../../adapters/memory/index.ts'
import { FakeClock } from '../../../lib/testing/index.ts'
import { coreOf, MISSING, UNKNOWN } from '../../../lib/verbs/cache-core.ts'

/** An index with its slots, used as a store uses them. */
class Keys {
  readonly slots = new Slots()
  readonly index = new KeyIndex(this.slots)
  readonly #hashOf: (key: string) => number

  constructor(hash: (key: string) => number) {
    this.#hashOf = hash
  }

  add(key: string): number {
    let slot = this.slots.vacant()
    if (slot === 0) {
      this.index.grow(this.slots.grow(Number.POSITIVE_INFINITY))
      slot = this.slots.vacant()
    }
    this.slots.take(slot, key, this.#hashOf(key))
    this.index.add(slot, this.#hashOf(key))
    return slot
  }

  find(key: string): number {
    return this.index.find(key, this.#hashOf(key))
  }

  remove(key: string): void {
    const slot = this.find(key)
    expect(this.index.remove(slot, this.#hashOf(key))).to.equal(true)
    this.slots.vacate(slot)
  }
}

const hashes = {
  'as a cache has them': (key: string) => hashOf(key, secretOf(7)),
  'that are all the same': () => 0x7fff_fff0,
  'that follow one another': (key: string) => key.length - 2,
}

describe('The index of a store in memory', () => {
  for (const [which, hash] of Object.entries(hashes)) {
    it(`finds what a Map finds, of keys with hashes ${which}`, () => {
      const keys = fc.oneof(fc.string({ maxLength: 6 }), fc.nat(50).map(String))
      const steps = fc.array(fc.tuple(fc.constantFrom('add', 'add', 'remove', 'find'), keys), { maxLength: 150 })
      fc.assert(
        fc.property(steps, (steps) => {
          const [index, map] = [new Keys(hash), new Map<string, number>()]
          for (const [verb, key] of steps) {
            if (verb === 'add' && !map.has(key)) map.set(key, index.add(key))
            if (verb === 'remove' && map.delete(key)) index.remove(key)
            for (const known of [key, ...map.keys()]) expect(index.find(known)).to.equal(map.get(known) ?? 0)
          }
          expect([...index.slots.used()].sort()).to.deep.equal([...map.values()].sort())
        }),
      )
    })
  }

  it('knows when a slot is not in it', () => {
    const keys = new Keys(hashes['as a cache has them'])
    const slot = keys.add('k')
    expect(keys.index.remove(slot + 1, 12345)).to.equal(false)
    expect(keys.find('k')).to.equal(slot)
  })

  it('serves a cache that is listed and changed at the same time', () => {
    const cache = new MemoryCache({ maxEntries: 150_000 })
    for (let i = 0; i < 151_000; i++) cache.set(`key:${i}`, i)
    expect(cache.stats()).to.include({ size: 150_000, evict: 1000 })
    let seen = 0
    for (const key of cache.keys()) {
      seen++
      if (seen % 2 === 0) cache.remove(key)
    }
    expect(seen).to.equal(150_000)
    expect(cache.stats().size).to.equal(75_000)
    for (const key of cache.keys()) {
      cache.clear()
      expect(cache.has(key)).to.equal(false)
    }
    expect([...cache.keys()]).to.deep.equal([])
  })
})

describe('The hash of a key', () => {
  const kinds: Record<string, (i: number) => string> = {
    numbers: String,
    'numbers behind a prefix': (i) => `user:${i}`,
    'numbers in front of an ending': (i) => `${i}:profile:settings`,
    'numbers of one length': (i) => String(i).padStart(12, '0'),
    'characters beyond Latin': (i) => String.fromCharCode(0x4e00 + (i % 20_000), 0x3040 + Math.floor(i / 20_000)),
    // What differs in the uppermost bit of a character only, which a multiplication does not spread.
    'characters that differ in one bit': (i) =>
      String.fromCharCode(...Array.from({ length: 16 }, (_, bit) => ((i >>> bit) & 1) << 15)),
  }

  for (const [kind, key] of Object.entries(kinds)) {
    it(`is spread evenly over all its bits by ${kind}, whatever the seed`, () => {
      for (const seed of [0, 1, 2 ** 30 + 12_345]) {
        const secret = secretOf(seed)
        const found = Array.from({ length: 50_000 }, (_, i) => hashOf(key(i), secret))
        // By chance, 0.3 of these would share their hash with another one.
        expect(found.length - new Set(found).size).to.be.below(10)
        for (const shift of [0, 12, 20]) {
          const counts = new Int32Array(4096)
          for (const hash of found) counts[(hash >>> shift) & 4095]!++
          const mean = found.length / counts.length
          const spread = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0) / counts.length
          expect(spread).to.be.within(0.8, 1.25)
        }
      }
    })
  }

  it('depends on every character of a long key', () => {
    const long = 'a'.repeat(5000)
    const secret = secretOf(1)
    const seen = new Set([hashOf(long, secret)])
    for (let i = 0; i < long.length; i += 111) seen.add(hashOf(`${long.slice(0, i)}b${long.slice(i + 1)}`, secret))
    expect(seen.size).to.equal(1 + Math.ceil(5000 / 111))
  })
})

describe('A prepared key of MemoryCache', () => {
  for (const prefix of ['', 'p:']) {
    it(`finds a key as itself, whatever has become of its entry, under the prefix ${JSON.stringify(prefix)}`, () => {
      const clock = new FakeClock()
      const cache = new MemoryCache({ clock, prefix })
      const core = coreOf(cache)
      const known = core.prepareKey('k')
      const both = (): unknown[] => [core.tryGetPrepared(known), core.tryGet('k')]
      expect(both()).to.deep.equal([MISSING, MISSING])
      cache.set('k', 1, 60)
      for (let i = 0; i < 1000; i++) cache.set(i, i)
      expect(both()).to.deep.equal([1, 1])
      expect(cache.stats().hits).to.equal(2)
      clock.advance(60_000)
      expect(both()).to.deep.equal([UNKNOWN, UNKNOWN])
      cache.clear()
      expect(both()).to.deep.equal([MISSING, MISSING])
      cache.set('k', 2)
      expect(both()).to.deep.equal([2, 2])
    })
  }
})
