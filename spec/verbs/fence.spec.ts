import { expect } from 'chai'
import { MemoryAdapter } from '../../adapters/memory/adapter.ts'
import { MemoryCache } from '../../lib/index.ts'
import { coreOf } from '../../lib/verbs/cache-core.ts'

/** A cache in memory that knows nothing of the loads of others over the same store, as another process would not. */
class Elsewhere extends MemoryAdapter<'async'> {
  readonly mode = 'async'
  protected override get storeIdentity(): object {
    return this
  }
}

describe('A load, while another process', () => {
  const opened = (fence?: '10s') => {
    const { store } = new MemoryCache()
    return { ours: new Elsewhere({ store, fence }), theirs: new Elsewhere({ store, fence }) }
  }
  const changes: Record<string, (cache: Elsewhere) => Promise<unknown>> = {
    sets: (cache) => cache.set('k', 'newer'),
    adds: (cache) => cache.add('k', 'newer'),
    updates: (cache) => cache.update('k', () => 'newer'),
  }
  for (const [name, change] of Object.entries(changes)) {
    it(`${name} its key, gives its own value and leaves the newer one`, async () => {
      const { ours, theirs } = opened()
      const asked = ours.getOrSet('k', async () => {
        await change(theirs)
        return 'older'
      })
      expect([await asked, await ours.get('k'), ours.stats().superseded]).to.deep.equal(['older', 'newer', 1])
      const many = await ours.getOrSetMany(['m', 'n'], async (keys) => keys)
      expect(many).to.deep.equal(['m', 'n'])
    })
  }

  it('removes its key, does not store if removals leave marks, which nobody sees', async () => {
    const { ours, theirs } = opened('10s')
    await theirs.set('other', 1)
    const asked = ours.getOrSet('k', async () => {
      expect(await theirs.remove('k')).to.equal(false)
      return 'older'
    })
    expect([await asked, await ours.get('k'), await ours.has('k')]).to.deep.equal(['older', undefined, false])
    const keys: string[] = []
    for await (const key of theirs.keys()) keys.push(key)
    expect([keys, theirs.stats().expire]).to.deep.equal([['other'], 0])
    expect([await ours.getOrSet('k', async () => 'new'), await theirs.get('k')]).to.deep.equal(['new', 'new'])
    expect([await theirs.remove('k'), await theirs.add('k', 1), coreOf(theirs).fenceMs]).to.deep.equal([
      true,
      true,
      10_000,
    ])
  })
})
