import { expect } from 'chai'
import { POLICIES } from '../../../adapters/memory/engine/policies/builtin.ts'
import { MemoryCache } from '../../../adapters/memory/index.ts'

/** Runs work at every level of the stack on the way back from its end, where it fails in a different place each time. */
function atEveryLevel(work: (level: number) => void, level = 0): void {
  try {
    atEveryLevel(work, level + 1)
  } catch {}
  try {
    work(level)
  } catch {}
}

function expectSound(cache: MemoryCache, maxEntries: number): void {
  const keys = [...cache.keys()]
  expect(cache.stats().size).to.equal(keys.length)
  expect(keys.length).to.be.at.most(maxEntries)
  expect(new Set(keys).size).to.equal(keys.length)
  for (const key of keys) expect(cache.get(key), key).to.equal(`value of ${key}`)
  const ordered = cache.policy().coldest()
  expect(ordered.map(({ key }) => key)).to.have.members(keys)
}

const MAX_ENTRIES = 50

describe('a memory cache after the stack has overflowed', () => {
  // The runner keeps whole stacks, which makes thousands of errors at the depth of thousands of frames slow.
  const { stackTraceLimit } = Error
  before(() => {
    Error.stackTraceLimit = 5
  })
  after(() => {
    Error.stackTraceLimit = stackTraceLimit
  })

  for (const policy of POLICIES) {
    for (const hasListener of policy === 'adaptive' ? [false, true] : [false]) {
      it(`is in order with the policy ${policy}${hasListener ? ' and a listener' : ''}`, function () {
        this.timeout(60_000)
        const cache = new MemoryCache({ maxEntries: MAX_ENTRIES, policy })
        let told = 0
        if (hasListener) cache.onRemoval(() => told++)
        const verbs: ((key: string) => unknown)[] = [
          (key) => cache.set(key, `value of ${key}`),
          (key) => cache.get(key),
          (key) => cache.set(key, `value of ${key}`, { timeout: 10, staleFor: 10, tags: ['t'] }),
          (key) => cache.remove(key),
          (key) => cache.setMany([[key, `value of ${key}`]]),
          (key) => cache.add(key, `value of ${key}`),
          (key) => cache.updateTimeout(key, 20),
        ]
        for (const verb of verbs) {
          for (let i = 0; i < MAX_ENTRIES; i++) cache.set(`old ${i}`, `value of old ${i}`)
          atEveryLevel((level) => verb(level % 3 === 0 ? `old ${level % MAX_ENTRIES}` : `new ${level}`))
          expectSound(cache, MAX_ENTRIES)
          cache.clear()
          for (let i = 0; i < 3 * MAX_ENTRIES; i++) cache.set(i, `value of ${i}`)
          expect(cache.stats().size).to.equal(MAX_ENTRIES)
          expectSound(cache, MAX_ENTRIES)
        }
        if (!hasListener) return
        const before = told
        cache.set('last', 'value of last')
        cache.remove('last')
        expect(told).to.be.above(before)
      })
    }
  }
})
