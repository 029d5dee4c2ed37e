import { createDecipheriv, hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory.ts'
import { SqliteCache } from '../../adapters/sqlite3.ts'
import { CoderError, ConfigError, Unsupported } from '../../lib/errors.ts'
import { FakeClock } from '../../lib/testing/index.ts'
import { type CipherName, EncryptedCache, type EncryptedOptions, type Secret } from '../../lib/wrappers/encrypted.ts'

const KEYS = 'incredible secret key for testing'
const CIPHERS = ['aes-256-gcm', 'aes-128-gcm', 'chacha20-poly1305'] as const

/** What version 1 of the format wrote under `user:é` with the secret above: it is read for ever. */
const GOLDEN: Readonly<Record<CipherName, string>> = {
  'aes-256-gcm':
    '010105cff350be4279b76df3be00004279b76df3be0000f1fb1babe0402135e4ce7435d96123856034011a570a5aa913' +
    '2d958e3ca2ab19d8775600388d999c7b0a60feca156b4abeb9455dce0e4cea12a4ba8984625eae008fa70c78a8ac40c4' +
    '48dece709abe13b25fc6a9',
  'aes-128-gcm':
    '010205cff350be4279b76df3be00004279b76df3be000079a17621fbff4427e647c8ad4b92645716d9b280b1d5a8e4e6' +
    '051f1edd7c623689a3020f9464a41fc17c158536456d5c56d198584964c8f13a05707045f9e7ca1caf07aeee92e2ad43' +
    '5e224297568e59fc800d2f',
  'chacha20-poly1305':
    '010305cff350be4279b76df3be00004279b76df3be0000d9514ee792dbc8a80c2450e2c6a51348cef939f2310ca269a4' +
    'f05bbce28f452187414814cc36eb9df8b1535f24988a6b216f978bc016aa291416c08770e340b6d73e263a82dd6fac82' +
    '91a7eb29aca4dd09ca6551',
}
const HASHED = '628d49352f6e9a182b266521eb9e4970'
const STORED = 1_767_225_600_000
const VALUE = { name: 'Ada', at: new Date(0) }
const TAGS = ['news', 'user:7']

describe('EncryptedCache', () => {
  it('keeps nothing that could be read, nor told apart from the same value written again', () => {
    const inner = new MemoryCache()
    const cache = new EncryptedCache(inner, { keys: KEYS })
    const seen = new Set<string>()
    for (let i = 0; i < 500; i++) {
      cache.set('k', 'a very private value')
      const kept = inner.get<Buffer>('k')!
      expect(kept.includes('private')).to.equal(false)
      expect(kept.length).to.equal(20 + 51)
      seen.add(kept.toString('hex', 23, 35))
    }
    expect(seen.size).to.equal(500)
    expect(cache.get('k')).to.equal('a very private value')
  })

  it('keeps nothing readable in a file either', () => {
    const inner = new SqliteCache({ path: ':memory:' })
    const cache = new EncryptedCache(inner, { keys: KEYS, hashKeys: true })
    cache.set('private key', { text: 'private value' })
    const [[name, kept] = []] = Array.from(inner.keys(), (key) => [key, inner.get(key)] as const)
    expect(name).to.match(/^[0-9a-f]{32}$/)
    expect(Buffer.isBuffer(kept) && !kept.includes('private')).to.equal(true)
    expect(cache.get('private key')).to.deep.equal({ text: 'private value' })
    inner.close()
  })

  for (const cipher of CIPHERS) {
    it(`reads for ever what version 1 wrote with ${cipher}`, () => {
      const inner = new MemoryCache({ clock: () => STORED })
      inner.set('user:é', Buffer.from(GOLDEN[cipher], 'hex'), { timeout: 300, tags: TAGS })
      // Whatever it writes with itself.
      expect(new EncryptedCache(inner, { keys: KEYS }).get('user:é')).to.deep.equal(VALUE)
    })

    it(`writes with ${cipher} what the format says`, () => {
      const inner = new MemoryCache({ clock: () => STORED })
      new EncryptedCache(inner, { keys: KEYS, cipher }).set('user:é', VALUE, { timeout: 300, tags: TAGS })
      const { head, payload } = byHand(inner.get<Buffer>('user:é')!, cipher)
      expect(payload).to.equal('{"name":"Ada","at":{"$date":"1970-01-01T00:00:00.000Z"}}')
      expect(head).to.equal(GOLDEN[cipher].slice(0, 46))
    })
  }

  it('takes text for its bytes, and keeps its own copy of bytes', () => {
    const inner = new MemoryCache()
    const bytes = Buffer.from(KEYS)
    const cache = new EncryptedCache(inner, { keys: bytes })
    bytes.fill(0)
    cache.set('k', 'v')
    expect(new EncryptedCache(inner, { keys: KEYS }).get('k')).to.equal('v')
  })

  it('reads what was written by another coder', () => {
    const inner = new MemoryCache()
    const custom = { name: 'mine', encode: () => 'anything', decode: () => 'decoded' }
    for (const coder of ['json', 'msgpack', 'v8', custom] as const) {
      new EncryptedCache(inner, { keys: KEYS, coder }).set('k', { a: [1] })
      const expected = coder === custom ? 'decoded' : { a: [1] }
      expect(new EncryptedCache(inner, { keys: KEYS, coder: custom }).get('k')).to.deep.equal(expected)
    }
    const unable = new EncryptedCache(inner, { keys: KEYS })
    expect(unable.get('k')).to.equal(undefined)
    expect(unable.stats().decodeError).to.equal(1)
  })

  it('refuses what the coder cannot write, and stores nothing', () => {
    const inner = new MemoryCache()
    expect(() => new EncryptedCache(inner, { keys: KEYS }).set('k', () => 1)).to.throw(CoderError)
    expect(inner.has('k')).to.equal(false)
  })

  it('tells no secret and no value in messages, and shows none when inspected', () => {
    const secrets = ['short secret', KEYS]
    const thrown = message(() => new EncryptedCache(new MemoryCache(), { keys: secrets }))
    expect(thrown).to.equal(
      'The secret in keys[0] is too short: it must have at least 16 bytes, better 32 random ones.',
    )
    const inner = new MemoryCache()
    const cache = new EncryptedCache(inner, { keys: KEYS, nameKey: KEYS })
    cache.set('k', 'a private value')
    expect(inspect(cache, { depth: 10, showHidden: true })).not.to.match(/incredible|private value/)
    inner.set('k', Buffer.from(inner.get<Buffer>('k')!.fill(0, 40, 44)))
    expect(message(() => cache.get('k'))).to.equal(
      `What is stored under "k" was changed or moved. Set or remove the key, or say onTampered: 'miss'.`,
    )
  })

  it('refuses secrets and options that are none', () => {
    const of = (options: object) => () => new EncryptedCache(new MemoryCache(), { keys: KEYS, ...options })
    for (const keys of [[], '', 'fifteen bytes..', new Uint8Array(15)]) expect(of({ keys })).to.throw(ConfigError)
    for (const keys of [undefined, null, 7, [7], {}] as unknown as Secret[]) expect(of({ keys })).to.throw(TypeError)
    expect(of({ nameKey: 'short' })).to.throw(ConfigError, 'nameKey')
    expect(of({ cipher: 'aes-256-cbc' })).to.throw(ConfigError, 'Known are: aes-256-gcm')
    for (const hsize of [7, 33, 8.5, '16']) expect(of({ hsize })).to.throw(ConfigError, 'hsize')
    expect(of({ onTampered: 'ignore' })).to.throw(ConfigError, 'onTampered')
    expect(() => new EncryptedCache(new MemoryCache(), undefined as unknown as EncryptedOptions)).to.throw(TypeError)
  })
})

describe('EncryptedCache with hashed keys', () => {
  it('hashes a name always to the same, and of the size that was asked for', () => {
    for (const hsize of [8, 16, 32]) {
      const inner = new MemoryCache()
      const cache = new EncryptedCache(inner, { keys: KEYS, hashKeys: true, hsize })
      cache.set('user:é', 1)
      const [name] = inner.keys()
      expect(name).to.have.length(2 * hsize)
      expect(name!.slice(0, 16)).to.equal(HASHED.slice(0, 16))
    }
  })

  it('hashes other names with another secret, and under another prefix', () => {
    const names = (['one', 'two'] as const).flatMap((prefix) =>
      [KEYS, `${KEYS}!`].map((keys) => {
        const inner = new MemoryCache({ prefix })
        new EncryptedCache(inner, { keys, hashKeys: true }).set('k', 1)
        return [...inner.keys()][0]
      }),
    )
    expect(new Set(names).size).to.equal(4)
  })

  it('clears the whole of its own, and says that it cannot list or clear a part', async () => {
    for (const store of [new MemoryCache({ prefix: 'mine:' }), new AsyncMemoryCache({ prefix: 'mine:' })]) {
      const other = new MemoryCache({ store: store.store })
      other.set('other', 1)
      const cache = new EncryptedCache(store as MemoryCache, { keys: KEYS, hashKeys: true })
      await cache.setMany({ a: 1, b: 2 })
      expect(cache.capabilities).to.include({ listsKeys: false, clears: true })
      expect(() => cache.keys()).to.throw(Unsupported, 'EncryptedCache cannot do keys')
      const refusal = await Promise.resolve()
        .then(() => cache.clear('a'))
        .catch((error) => error)
      expect(refusal).to.be.instanceOf(Unsupported)
      expect(await cache.getMany(['a', 'b'])).to.deep.equal([1, 2])
      await cache.clear()
      expect([...other.keys()]).to.deep.equal(['other'])
    }
  })

  it('goes by the names that users know in its events, and by hashes in those of the cache within', () => {
    const clock = new FakeClock()
    const inner = new MemoryCache({ clock, prefix: 'p:' })
    const cache = new EncryptedCache(inner, { keys: KEYS, hashKeys: true, onTampered: 'miss' })
    const here: [string, unknown][] = []
    const within: unknown[] = []
    for (const event of ['set', 'hit', 'miss', 'remove', 'expire', 'decodeError'] as const) {
      cache.on(event, ({ key }) => here.push([event, key]))
      inner.on(event, ({ key }) => within.push([event, key]))
    }
    cache.set('k', 1, 60)
    const [name] = inner.keys()
    cache.get('k')
    cache.get('none')
    inner.set(name!, 'foreign', 60)
    cache.get('k')
    clock.advance(60_000)
    inner.has(name!)
    cache.remove('k')
    const told = [
      ['set', 'k'],
      ['hit', 'k'],
      ['miss', 'none'],
      ['decodeError', 'k'],
      ['miss', 'k'],
      ['remove', 'k'],
    ]
    for (const event of told) expect(here).to.deep.include(event)
    expect(here.filter(([event]) => event !== 'expire').length).to.equal(told.length)
    expect(within.flat()).not.to.include('k')
    expect(within).to.deep.include(['hit', name])
    expect(within).to.deep.include(['remove', name])
  })

  it('is told by its name what happens to the key at hand, and by none what happens to another', () => {
    const inner = new MemoryCache({ maxEntries: 1 })
    const cache = new EncryptedCache(inner, { keys: KEYS, hashKeys: true })
    const evicted: unknown[] = []
    const listener = ({ key }: { key?: string | undefined }) => void evicted.push(key)
    cache.on('evict', listener)
    cache.set('a', 1)
    cache.set('b', 2)
    expect(evicted.length).to.equal(1)
    expect(evicted[0]).to.be.oneOf(['b', undefined])
    cache.off('evict', listener)
    cache.set('c', 3)
    expect(evicted.length).to.equal(1)
    expect(cache.stats().evict).to.equal(2)
  })
})

/** Reads a sealed entry as the format is documented, with nothing but node:crypto. */
function byHand(bytes: Buffer, cipher: CipherName): { head: string; payload: string } {
  const length = cipher === 'aes-128-gcm' ? 16 : 32
  const key = Buffer.from(hkdfSync('sha256', KEYS, 'polycache/encrypted/1', `encryption ${cipher}`, length))
  const stored = Buffer.alloc(8)
  stored.writeDoubleBE(STORED)
  const bound = Buffer.concat([bytes.subarray(0, 23), stored, Buffer.from(`${JSON.stringify(TAGS)}\nuser:é`)])
  const options = { authTagLength: 16 } as const
  const decryption = createDecipheriv(cipher as 'aes-256-gcm', key, bytes.subarray(23, 35), options)
  decryption.setAAD(bound).setAuthTag(bytes.subarray(-16))
  const payload = decryption.update(bytes.subarray(35, -16), undefined, 'utf8') + decryption.final('utf8')
  return { head: bytes.toString('hex', 0, 23), payload }
}

function message(body: () => unknown): string {
  try {
    body()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}
