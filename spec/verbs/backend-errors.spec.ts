import { expect } from 'chai'
import { AdapterError, CacheNotFound, CacheTimeout } from '../../lib/core/errors.ts'
import type { AdapterOptions, Cache } from '../../lib/core/types.ts'
import { AsyncChaosCache, type Chaos, ChaosCache } from '../../lib/testing/index.ts'

/** What a verb throws, at once or later. */
async function failure(verb: () => unknown): Promise<unknown> {
  try {
    await verb()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

const classes: (new (chaos: Chaos, options?: AdapterOptions) => Cache)[] = [ChaosCache, AsyncChaosCache]

for (const Class of classes) {
  describe(`${Class.name} with a backend that fails`, () => {
    it('throws an AdapterError that says what failed at which key', async () => {
      const cache: Cache = new Class({ failures: 1 })
      for (const [verb, call] of Object.entries({
        get: () => cache.get('k'),
        set: () => cache.set('k', 1),
        remove: () => cache.remove('k'),
        add: () => cache.add('k', 1),
        increment: () => cache.increment('k'),
        getMany: () => cache.getMany(['k']),
      })) {
        const error = (await failure(call)) as AdapterError
        expect(error).to.be.instanceOf(AdapterError)
        expect([error.adapter, error.verb, error.key]).to.deep.equal([Class.name, verb, 'k'])
      }
      expect(cache.stats().backendError).to.equal(6)
    })

    it('wraps what else a store throws, and keeps it as the cause', async () => {
      const cause = new Error('the disk is on fire')
      const cache = new Class({ failures: 1, error: () => cause })
      const error = (await failure(() => cache.get('k'))) as AdapterError
      expect(error).to.be.instanceOf(AdapterError)
      expect(error.message).to.contain('the disk is on fire')
      expect(error.cause).to.equal(cause)
    })

    it('keeps the class of a typed failure', async () => {
      const cache = new Class({ failures: 1, error: () => new CacheTimeout('too late') })
      expect(await failure(() => cache.get('k'))).to.be.instanceOf(CacheTimeout)
    })

    it('gives the value that the maker makes all the same, and tells of the failure', async () => {
      const cache: Cache = new Class({ failures: 1 })
      const verbs: unknown[] = []
      cache.on('backendError', ({ verb, key }) => verbs.push(verb, key))
      expect(await cache.getOrSet('k', () => 'made')).to.equal('made')
      expect(verbs).to.deep.equal(['getOrSet', 'k', 'getOrSet', 'k'])
      expect(await cache.getOrSetMany(['a', 'b'], (keys) => keys)).to.deep.equal(['a', 'b'])
    })

    it('throws from getOrSet too when set so', async () => {
      const cache: Cache = new Class({ failures: 1 }, { onBackendError: 'throw' })
      let made = 0
      expect(await failure(() => cache.getOrSet('k', () => made++))).to.be.instanceOf(AdapterError)
      expect(made).to.equal(0)
    })

    it('behaves as if nothing were stored when set so, and counts', async () => {
      const cache: Cache = new Class({ failures: 1 }, { onBackendError: 'miss' })
      expect(await cache.get('k', 'fallback')).to.equal('fallback')
      expect(await cache.has('k')).to.equal(false)
      expect(await cache.ttl('k')).to.equal(undefined)
      expect(await cache.set('k', 1)).to.equal(undefined)
      expect(await cache.remove('k')).to.equal(false)
      expect(await cache.pull('k')).to.equal(undefined)
      expect(await cache.add('k', 1)).to.equal(false)
      expect(await cache.increment('k', 3)).to.equal(3)
      expect(await cache.getMany(['a', 'b'])).to.deep.equal([undefined, undefined])
      expect(await cache.setMany({ a: 1 })).to.equal(undefined)
      expect(await cache.getOrSet('k', () => 'made')).to.equal('made')
      expect(await failure(() => cache.getOrFail('k'))).to.be.instanceOf(CacheNotFound)
      expect(await failure(() => cache.updateTimeout('k', 5))).to.be.instanceOf(CacheNotFound)
      expect(cache.stats().backendError).to.be.greaterThan(10)
    })

    it('lets bad input fail as ever', async () => {
      const cache: Cache = new Class({ failures: 1 }, { onBackendError: 'miss' })
      expect(await failure(() => cache.get(null as never))).to.be.instanceOf(TypeError)
      expect(await failure(() => cache.set('k', 1, Number.NaN))).to.be.instanceOf(RangeError)
    })

    it('works again when the backend does', async () => {
      const cache: Cache = new Class({ failures: 1 })
      await failure(() => cache.set('k', 'v'))
      Object.assign((cache as ChaosCache).chaos, { failures: 0 })
      await cache.set('k', 'v')
      expect(await cache.get('k')).to.equal('v')
    })
  })
}
