import { expect } from 'chai'
import { AsyncMemoryCache } from '../../adapters/memory/index.ts'
import { asyncAdapterReset, asyncAdapterSet, asyncCached } from '../../lib/index.ts'
import { AsyncChaosCache, ChaosCache } from '../../lib/testing/index.ts'

/** The frames of a caller two functions away, as the error of a verb shows them. */
async function stackOf(verb: () => unknown): Promise<string> {
  async function innerCaller() {
    return await verb()
  }
  async function outerCaller() {
    return await innerCaller()
  }
  try {
    await outerCaller()
  } catch (error) {
    return (error as Error).stack ?? ''
  }
  throw new Error('nothing was thrown')
}

describe('stack traces', () => {
  after(asyncAdapterReset)

  const missing = () => new AsyncChaosCache({ delay: 1 })
  const failing = () => new AsyncChaosCache({ delay: 1, failures: 1 })
  const verbs: Record<string, () => unknown> = {
    'a missing entry': () => missing().getOrFail('k'),
    'a missing entry in memory': () => new AsyncMemoryCache().getOrFail('k'),
    'a missing entry in a synchronous cache': () => new ChaosCache().getOrFail('k'),
    'a verb of several steps': () => missing().updateTimeout('k', 5),
    'a failing backend': () => failing().getOrFail('k'),
    'a maker that throws after a while': () =>
      missing().getOrSet('k', async () => {
        await null
        throw new Error('the maker failed')
      }),
    asyncCached: () => {
      asyncAdapterSet(missing())
      return asyncCached.updateTimeout('k', 5)
    },
  }

  for (const [name, verb] of Object.entries(verbs)) {
    it(`keep the frames of the caller for ${name}`, async () => {
      const stack = await stackOf(verb)
      expect(stack)
        .to.match(/innerCaller/)
        .and.match(/outerCaller/)
    })
  }
})
