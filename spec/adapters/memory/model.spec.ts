import { expect } from 'chai'
import fc from 'fast-check'
import type { Bounds } from '../../../adapters/memory/engine/capacity.ts'
import { POLICIES, type PolicyOption } from '../../../adapters/memory/engine/policies/builtin.ts'
import type { EvictionPolicy } from '../../../adapters/memory/engine/policies/policy.ts'
import { MemoryStore } from '../../../adapters/memory/engine/store.ts'
import { ownerWith } from './owner.ts'

const NEVER = Number.POSITIVE_INFINITY

/** What is stored: never the same twice, so that each can be told from all others, and as heavy as it says. */
interface Value {
  readonly id: number
  readonly weight: number
}

/** What a plain Map would know of an entry. */
interface Kept {
  readonly value: Value
  readonly until: number
}

/** A policy as a user would write one: no more than it must have. */
class FirstInFirstOut implements EvictionPolicy {
  readonly #slots = new Set<number>()
  touch(): void {}
  admit(slot: number): void {
    this.#slots.add(slot)
  }
  remove(slot: number): void {
    expect(this.#slots.delete(slot), 'what is removed was admitted').to.equal(true)
  }
  evict(): number {
    const [first] = this.#slots
    this.#slots.delete(first!)
    return first!
  }
}

const policies: Record<string, PolicyOption> = {
  ...Object.fromEntries(POLICIES.map((name) => [name, name])),
  'of a user': () => new FirstInFirstOut(),
}

const bounds: Record<string, { of: (size: number) => Bounds; isWeighed: boolean }> = {
  'by number': { of: (size) => ({ maxEntries: size }), isWeighed: false },
  'by weight': { of: (size) => ({ maxBytes: 5 * size, weigher }), isWeighed: true },
  'by both': {
    of: (size) => ({ maxEntries: size, maxBytes: 5 * size, maxEntryBytes: 4 * size, weigher }),
    isWeighed: true,
  },
}

const steps = fc.array(
  fc.record({
    verb: fc.constantFrom(
      'write',
      'write',
      'write',
      'write',
      'read',
      'drop',
      'forget',
      'wait',
      'work',
      'resize',
      'clear',
    ),
    key: fc.nat(30),
    number: fc.nat(20),
    weight: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 9, arbitrary: fc.nat(30) }),
  }),
  { maxLength: 300, size: 'max' },
)

for (const [policyName, policy] of Object.entries(policies)) {
  for (const [boundName, { of, isWeighed }] of Object.entries(bounds)) {
    describe(`a store with the policy ${policyName}, bounded ${boundName}`, () => {
      it('holds what a plain Map would, but for what it told that it removed, once each, and never more than it may', () => {
        fc.assert(
          fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.nat(), (steps, size, seed) => {
            play(new Played(of(size), isWeighed, policy, seed), steps)
          }),
          { numRuns: 120 },
        )
      })
    })
  }
}

/** A store beside its model, which believes what the store tells, and checks it. */
class Played {
  readonly store: MemoryStore
  readonly model = new Map<string, Kept>()
  readonly isWeighed: boolean
  readonly owner = ownerWith({ now: () => this.now })
  now = 1e12
  maxEntries: number
  maxBytes: number
  readonly #maxEntryBytes: number
  /** What was handed to the store and has not been told of. */
  readonly #there = new Set<Value>()
  #id = 0

  constructor(bounds: Bounds, isWeighed: boolean, policy: PolicyOption, seed: number) {
    this.store = new MemoryStore(bounds, policy, seed)
    this.isWeighed = isWeighed
    this.maxEntries = bounds.maxEntries ?? NEVER
    this.maxBytes = Number(bounds.maxBytes ?? NEVER)
    this.#maxEntryBytes = Number(bounds.maxEntryBytes ?? NEVER)
    this.store.removals.listen((key, value, cause) => {
      expect(this.#there.delete(value as Value), `${key} was told of once`).to.equal(true)
      const kept = this.model.get(key)
      if (cause === 'expired') expect(kept!.until).to.be.at.most(this.now)
      if (kept === undefined || kept.value !== value) return
      if (cause === 'evicted' && isWeighed) expect(kept.value.weight, 'what weighs nothing stays').to.be.above(0)
      this.model.delete(key)
    })
  }

  write(key: string, weight: number, life: number, grace: number): void {
    const value: Value = { id: this.#id++, weight }
    const expires = life === 0 ? NEVER : this.now + life
    const { store, owner, now } = this
    const before = this.model.get(key)
    this.#there.add(value)
    const weighed = store.weigh(value, value, key)
    const isKept =
      grace === 0
        ? store.writeFresh(key, value, now, expires - now, owner, weighed)
        : store.write(key, value, now, expires, now, owner, expires + grace, undefined, weighed)
    if (before !== undefined) expect(this.#there.has(before.value), 'what was there was told of').to.equal(false)
    expect(this.#there.has(value)).to.equal(isKept)
    if (isKept) this.model.set(key, { value, until: expires + grace })
    if (this.isWeighed && weight > Math.min(this.maxBytes, this.#maxEntryBytes)) expect(isKept).to.equal(false)
  }

  checkEvicted({ weight }: Value): void {
    if (this.isWeighed) expect(weight, 'what weighs nothing stays').to.be.above(0)
  }

  /** Everything that has to be true between any two uses. */
  check(): void {
    const { store, model } = this
    expect([...store.keys('')].sort()).to.deep.equal([...model.keys()].sort())
    expect(this.#there.size, 'nothing is lost').to.equal(model.size)
    const weights = [...model.values()].map(({ value }) => (this.isWeighed ? value.weight : 1))
    expect(store.weight).to.equal(weights.reduce((sum, weight) => sum + weight, 0))
    if (!weights.includes(0)) {
      expect(store.size).to.equal(model.size).and.at.most(this.maxEntries)
      expect(store.weight).to.be.at.most(this.maxBytes)
    }
    for (const [key, { value }] of model) expect(store.valueAt(store.find(key))).to.equal(value)
    const slots = [...model.keys()].map((key) => store.find(key)).sort()
    expect([...store.coldest()].sort()).to.deep.equal(slots)
    const hottest = store.hottest()
    if (hottest !== undefined) expect([...hottest].sort()).to.deep.equal(slots)
  }
}

function weigher(value: unknown): number {
  return (value as Value).weight
}

type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never

function play(played: Played, steps: readonly Step[]): void {
  const { store, owner, model } = played
  steps.forEach(({ verb, key: number_, number, weight }, i) => {
    const key = `key ${number_}`
    const slot = store.find(key)
    if (verb === 'write') played.write(key, weight, number, i % 3)
    if (verb === 'read' && slot !== 0) store.touch(slot)
    if (verb === 'drop') store.drop(key, played.now, owner)
    if (verb === 'forget' && slot !== 0) store.forget(slot, played.now, owner)
    if (verb === 'wait') played.now += number
    if (verb === 'work') {
      // A round that was under way, and a whole one.
      for (let round = 0; round < 2; round++) while (store.work() === 0);
      for (const { until } of model.values()) expect(until).to.be.above(played.now)
    }
    if (verb === 'resize' && i % 5 === 0) {
      if (played.maxEntries !== NEVER) played.maxEntries = number + 1
      if (played.maxBytes !== NEVER) played.maxBytes = 5 * (number + 1)
      store.resize({ maxEntries: orNull(played.maxEntries), maxBytes: orNull(played.maxBytes) }, owner)
    }
    if (verb === 'clear' && i % 7 === 0) store.clear(owner)
    played.check()
  })
}

function orNull(bound: number): number | null {
  return bound === NEVER ? null : bound
}
