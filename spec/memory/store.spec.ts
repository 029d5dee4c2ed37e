import { expect } from 'chai'
import fc from 'fast-check'
import { POLICIES } from '../../adapters/memory/policies/names.ts'
import { MemoryStore } from '../../adapters/memory/store.ts'

const NEVER = Number.POSITIVE_INFINITY

/** What may happen to a store: on key `a`, with `b` as a length of time or as a bound. */
const steps = fc.array(
  fc.record({
    verb: fc.constantFrom('write', 'write', 'write', 'touch', 'drop', 'forget', 'wait', 'resize', 'clear'),
    a: fc.nat(30),
    b: fc.nat(20),
  }),
  { maxLength: 300 },
)

interface Kept {
  readonly value: unknown
  readonly until: number
}

for (const policy of POLICIES) {
  describe(`a store with the policy '${policy}'`, () => {
    it('holds what a plain Map would, but for what it told that it lost, and never more than it may', () => {
      fc.assert(
        fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.nat(), (steps, capacity, seed) => {
          const store = new MemoryStore(capacity, policy, seed)
          const model = new Map<string, Kept>()
          let bound = capacity
          let now = 0
          const losses = {
            evicted: (key: string) => {
              expect(model.delete(key), `${key} was evicted once`).to.equal(true)
            },
            expired: (key: string) => {
              expect(model.get(key)!.until).to.be.at.most(now)
              model.delete(key)
            },
          }
          steps.forEach(({ verb, a, b }, i) => {
            const key = `key ${a}`
            const slot = store.find(key)
            const grace = i % 3
            if (verb === 'write') {
              const expires = b === 0 ? NEVER : now + b
              store.write(key, i, now, expires, now, losses, expires + grace)
              model.set(key, { value: i, until: expires + grace })
            }
            if (verb === 'touch' && slot !== 0) store.touch(slot)
            if (verb === 'drop') {
              store.drop(key, now)
              model.delete(key)
            }
            if (verb === 'forget' && slot !== 0) store.forget(slot, now, losses)
            if (verb === 'wait') now += b
            if (verb === 'resize' && i % 5 === 0) {
              bound = b + 1
              store.resize(bound, losses)
            }
            if (verb === 'clear' && i % 7 === 0) {
              store.clear()
              model.clear()
            }

            expect(store.size).to.equal(model.size).and.at.most(bound)
            expect([...store.keys('')].sort()).to.deep.equal([...model.keys()].sort())
            expect([...store.coldest()]).to.have.lengthOf(model.size)
            for (const [key, { value }] of model) expect(store.valueAt(store.find(key))).to.equal(value)
          })
        }),
        { numRuns: 150 },
      )
    })
  })
}

describe('a store', () => {
  const quiet = { expired: () => {}, evicted: () => {} }

  it('may be used by those whom it tells of a loss', () => {
    const store = new MemoryStore(2)
    const told: string[] = []
    const losses = {
      expired: () => {},
      evicted: (key: string) => {
        told.push(key)
        if (told.length < 5) store.write(`again ${key}`, 1, 0, NEVER, 0, losses)
      },
    }
    for (const key of ['a', 'b', 'c']) store.write(key, 1, 0, NEVER, 0, losses)
    expect(store.size).to.equal(2)
    expect(told).to.have.lengthOf(5)
    expect([...store.coldest()]).to.have.lengthOf(2)
  })

  it('takes what has expired within as many writes as there are entries', () => {
    const store = new MemoryStore(1000)
    for (let i = 0; i < 500; i++) store.write(`old ${i}`, i, 0, 10, 0, quiet)
    for (let i = 0; i < 260; i++) store.write(`new ${i}`, i, 20, NEVER, 20, quiet)
    expect(store.size).to.equal(260)
  })

  it('has room without a bound, and keeps the bound that it is given later', () => {
    const store = new MemoryStore(null)
    for (let i = 0; i < 5000; i++) store.write(`key ${i}`, i, 0, NEVER, 0, quiet)
    expect(store.size).to.equal(5000)
    store.resize(100, quiet)
    expect(store.size).to.equal(100)
    store.resize(null, quiet)
    for (let i = 0; i < 5000; i++) store.write(`key ${i}`, i, 0, NEVER, 0, quiet)
    expect(store.size).to.equal(5000)
  })

  it('does not mistake an entry for the one that was looked at', () => {
    const store = new MemoryStore(10)
    store.write('k', 1, 5, 50, 5, quiet)
    const mark = store.entryAt(store.find('k'))
    expect(store.isAt(store.find('k'), mark)).to.equal(true)
    store.write('k', 1, 6, 50, 6, quiet)
    expect(store.isAt(store.find('k'), mark)).to.equal(false)
  })
})
