import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { CacheAdapter } from '../../../lib/adapter/cache-adapter.ts'
import { CoderError } from '../../../lib/core/errors.ts'
import type { AdapterOptions, Entry, Keys, Mode } from '../../../lib/core/types.ts'
import { conforms } from '../../../lib/testing/index.ts'
import { TransformedCache } from '../../../lib/wrappers/base/transformed.ts'
import { BytesCache } from '../../../lib/wrappers/bytes/index.ts'
import { ToBytesCache } from '../../../lib/wrappers/bytes/to-bytes.ts'
import { CompressedCache } from '../../../lib/wrappers/compressed/index.ts'
import { EncryptedCache } from '../../../lib/wrappers/encrypted/index.ts'

/** Values in boxes, under keys with their prefix kept and the rest in hex. */
class BoxedCache<M extends Mode> extends TransformedCache<M> {
  protected override seal(key: string, entry: Entry): Entry {
    return { ...entry, value: { key, box: entry.value } }
  }

  protected override unseal(key: string, kept: Entry): Entry {
    const { value } = kept as Entry & { value: { key: string; box: unknown } | undefined }
    if (value?.key !== key) throw new CoderError('This is not the box of the key.')
    return { ...kept, value: value.box }
  }

  protected override toKey(key: string): string {
    return Buffer.from(key, 'utf16le').toString('hex')
  }

  protected override list(prefix: string): Keys<M> {
    return super.list(this.storedKey(prefix))
  }
}

/** A store of four verbs that takes its time. */
class SlowCache extends CacheAdapter<'async'> {
  readonly mode = 'async'
  readonly #map = new Map<string, Entry>()

  async read(key: string) {
    await turn()
    return this.#map.get(key)
  }

  async write(key: string, entry: Entry) {
    this.#map.set(key, entry)
    await turn()
  }

  async drop(keys: readonly string[]) {
    const dropped = keys.filter((key) => this.#map.delete(key)).length
    await turn()
    return dropped
  }

  async close() {}
}

const keys = 'a secret of sixteen bytes'
const slow = (options: AdapterOptions) => new SlowCache(options)

describe('EncryptedCache over a slow store of four verbs', () =>
  conforms((options) => new EncryptedCache(slow(options), { keys }), { values: false }))
describe('CompressedCache over a slow store of four verbs', () =>
  conforms((options) => new CompressedCache(slow(options), { threshold: 0, algorithm: 'deflate' }), { values: false }))
describe('BytesCache over a slow store of four verbs', () =>
  conforms((options) => new BytesCache(slow(options)), { values: false }))
describe('ToBytesCache over a slow store of four verbs', () =>
  conforms((options) => new ToBytesCache(slow(options)), { values: false }))

describe('Five wrappers over MemoryCache', () => conforms((options) => stacked(new MemoryCache(options))))
describe('Five wrappers over AsyncMemoryCache', () =>
  conforms((options) => stacked(new AsyncMemoryCache(options)), { values: false }))

function stacked<M extends Mode>(inner: CacheAdapter<M>): CacheAdapter<M> {
  const base64 = new BytesCache(inner, { encoding: 'base64' })
  const twice = new EncryptedCache(new EncryptedCache(base64, { keys, hashKeys: true }), { keys: `${keys}!` })
  return new CompressedCache(new ToBytesCache(twice), { threshold: 64 })
}

describe('TransformedCache', () => {
  for (const inner of [() => new MemoryCache({ prefix: 'p:' }), () => new AsyncMemoryCache({ prefix: 'p:' })]) {
    const { name } = inner()

    it(`passes only stored keys and forms to the wrapped ${name}`, async () => {
      const within = inner() as MemoryCache
      const cache = new BoxedCache(within)
      await cache.set('a', 1)
      await cache.setMany({ b: 2, c: 3 })
      await cache.getOrSet('d', () => 4)
      await cache.getOrSetMany(['e'], () => [5])
      await cache.add('f', 6)
      await cache.increment('f')
      await cache.updateTimeout('a', 60)
      expect(await cache.getMany(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).to.deep.equal([1, 2, 3, 4, 5, 7, undefined])
      const keys = 'abcdef'.split('').map((key) => `${key.charCodeAt(0).toString(16)}00`)
      const boxes = await within.getMany(keys)
      expect(boxes.map((box) => (box as { key: string }).key)).to.deep.equal(['p:a', 'p:b', 'p:c', 'p:d', 'p:e', 'p:f'])
      expect(await cache.pull('a')).to.equal(1)
      expect(await cache.remove('b', 'c', 'd', 'e')).to.equal(true)
      await cache.clear()
      expect(await within.getMany(keys)).to.deep.equal(Array(6).fill(undefined))
    })

    it(`treats entries that cannot be unsealed as misses in all verbs, over ${name}`, async () => {
      const within = inner() as MemoryCache
      const cache = new BoxedCache(within)
      const missed: unknown[] = []
      cache.on('decodeError', ({ key, adapter }) => missed.push([adapter, key]))
      const foreign = () => within.set('6b00', { key: 'another', box: 1 })
      await foreign()
      expect([await cache.get('k'), await cache.has('k'), await cache.ttl('k')]).to.deep.equal([
        undefined,
        false,
        undefined,
      ])
      expect(await cache.getMany(['k'])).to.deep.equal([undefined])
      expect(await cache.pull('k')).to.equal(undefined)
      expect(await cache.add('k', 1)).to.equal(true)
      await foreign()
      expect(await cache.increment('k')).to.equal(1)
      expect(missed.length).to.be.at.least(6)
      expect(missed[0]).to.deep.equal(['BoxedCache', 'k'])
    })
  }

  it('is as atomic as the wrapped cache', async () => {
    const within = new AsyncMemoryCache()
    const caches = [new BoxedCache(within), new BoxedCache(within)]
    await Promise.all(caches.flatMap((cache) => Array.from({ length: 50 }, () => cache.increment('n'))))
    expect(await caches[0]!.get('n')).to.equal(100)
    expect(caches[0]!.capabilities).to.deep.equal(within.capabilities)
  })
})
