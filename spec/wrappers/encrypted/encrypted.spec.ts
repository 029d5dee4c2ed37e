import { createDecipheriv, hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { SqliteCache } from '../../../adapters/sqlite3/index.ts'
import { JsonCoder, MsgpackCoder } from '../../../lib/coder/index.ts'
import { CoderError, ConfigError, Unsupported } from '../../../lib/core/errors.ts'
import { hiddenKey } from '../../../lib/entry/hidden-keys.ts'
import { FakeClock } from '../../../lib/testing/index.ts'
import {
  type CipherName,
  EncryptedCache,
  type EncryptedOptions,
  type Secret,
} from '../../../lib/wrappers/encrypted/index.ts'

const KEYS = 'incredible secret key for testing'
const CIPHERS = ['aes-256-gcm', 'aes-128-gcm', 'chacha20-poly1305'] as const

/** What version 1 of the format wrote under `user:é` with the secret above: it is read for ever. */
const GOLDEN: Readonly<Record<CipherName, string>> = {
  'aes-256-gcm':
    '010105cff350be4279b76df3be00004279b76df3be00004279b76daa80000051939092b5cafbafa122b8eda54b0f7aab' +
    '4cc894098da483e3153e3761fbd7589ba4305963608726f5a4d1eeef60fc91158cee4f87c1a12c5955837aba6f8cf96b' +
    'f1bef6d13fbfe0edb00b28151c1bc0f6759727',
  'aes-128-gcm':
    '010205cff350be4279b76df3be00004279b76df3be00004279b76daa8000008580e1bf88f8a2f8a6a922c0f6be904a92' +
    '220809b948a987ff46c7907bfec3a90f09b2cce226d6d5b59b95034f67c227d246555ee356b1b20b55d9321c19e5f392' +
    '36274c7e626f0bff67bc29f23a6eccc936a4bb',
  'chacha20-poly1305':
    '010305cff350be4279b76df3be00004279b76df3be00004279b76daa80000050e500bc457f41081450688562dd0d8d91' +
    '37c21943667911e96d5a888c97398aa85ebdec9a5a49172552bb1b111e5605f3a0b0246db5d743543f7b3c3b49dcea05' +
    'e4dbae4e7f887b00009fbb43c008acc673297e',
}
const HASHED = '628d49352f6e9a182b266521eb9e4970'
const STORED = 1_767_225_600_000
const VALUE = { name: 'Ada', at: new Date(0) }
const TAGS = ['news', 'user:7']

describe('EncryptedCache', () => {
  it('reads what it wrote with classes of its own before it got another coder', () => {
    class Money {
      readonly cents: number
      constructor(cents: number) {
        this.cents = cents
      }
    }
    const own = new JsonCoder().register(Money, {
      name: 'money',
      encode: ({ cents }) => cents,
      decode: (cents: number) => new Money(cents),
    })
    const inner = new MemoryCache()
    new EncryptedCache(inner, { keys: KEYS, hashKeys: false, coder: own }).set('price', new Money(5))
    const cache = new EncryptedCache(inner, { keys: KEYS, hashKeys: false, coder: new MsgpackCoder(own) })
    expect(cache.get('price')).to.deep.equal(new Money(5))
  })

  it('keeps nothing that could be read, nor told apart from the same value written again', () => {
    const inner = new MemoryCache()
    const cache = new EncryptedCache(inner, { keys: KEYS, hashKeys: false })
    const seen = new Set<string>()
    for (let i = 0; i < 500; i++) {
      cache.set('k', 'a very private value')
      const kept = inner.get<Buffer>('k')!
      expect(kept.includes('private')).to.equal(false)
      expect(kept.length).to.equal(20 + 59)
      seen.add(kept.toString('hex', 31, 43))
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
      expect(new EncryptedCache(inner, { keys: KEYS, hashKeys: false }).get('user:é')).to.deep.equal(VALUE)
    })

    it(`writes with ${cipher} what the format says`, () => {
      const inner = new MemoryCache({ clock: () => STORED })
      new EncryptedCache(inner, { keys: KEYS, hashKeys: false, cipher }).set('user:é', VALUE, {
        timeout: 300,
        tags: TAGS,
      })
      const { head, payload } = byHand(inner.get<Buffer>('user:é')!, cipher)
      expect(payload).to.equal('{"name":"Ada","at":{"$date":"1970-01-01T00:00:00.000Z"}}')
      expect(head).to.equal(GOLDEN[cipher].slice(0, 62))
    })
  }

  it('takes one secret as key, and hashes the names of keys unless told otherwise', () => {
    const inner = new MemoryCache()
    const cache = new EncryptedCache(inner, { key: KEYS })
    cache.set('ada@example.org', 1)
    expect([...inner.keys()].join()).to.match(/^[0-9a-f]{32}$/)
    expect(new EncryptedCache(inner, { keys: KEYS }).get('ada@example.org')).to.equal(1)

    const readable = new EncryptedCache(new MemoryCache(), { key: KEYS, hashKeys: false })
    readable.set('ada@example.org', 1)
    expect([...readable.keys()]).to.deep.equal(['ada@example.org'])
    const both = { key: KEYS, keys: KEYS } as unknown as EncryptedOptions
    expect(() => new EncryptedCache(inner, both)).to.throw(ConfigError, 'key or keys, not both')
  })

  it('keeps hidden keys hidden in the store below', () => {
    const inner = new MemoryCache()
    const cache = new EncryptedCache(inner, { key: KEYS })
    cache.set(hiddenKey('generation'), 1)
    expect(cache.get(hiddenKey('generation'))).to.equal(1)
    expect([...inner.keys()]).to.deep.equal([])
    cache.clear()
    expect(cache.get(hiddenKey('generation'))).to.equal(undefined)
  })

  it('takes a secret as text or bytes, and copies the bytes', () => {
    const inner = new MemoryCache()
    const bytes = Buffer.from(KEYS)
    const cache = new EncryptedCache(inner, { keys: bytes, hashKeys: false })
    bytes.fill(0)
    cache.set('k', 'v')
    expect(new EncryptedCache(inner, { keys: KEYS, hashKeys: false }).get('k')).to.equal('v')
  })

  it('reads what was written by another coder', () => {
    const inner = new MemoryCache()
    const custom = { name: 'mine', encode: () => 'anything', decode: () => 'decoded' }
    for (const coder of ['json', 'msgpack', 'v8', custom] as const) {
      new EncryptedCache(inner, { keys: KEYS, hashKeys: false, coder }).set('k', { a: [1] })
      const expected = coder === custom ? 'decoded' : { a: [1] }
      expect(new EncryptedCache(inner, { keys: KEYS, hashKeys: false, coder: custom }).get('k')).to.deep.equal(expected)
    }
    const unable = new EncryptedCache(inner, { keys: KEYS, hashKeys: false })
    expect(unable.get('k')).to.equal(undefined)
    expect(unable.stats().decodeError).to.equal(1)
  })

  it('refuses what the coder cannot write, and stores nothing', () => {
    const inner = new MemoryCache()
    expect(() => new EncryptedCache(inner, { keys: KEYS, hashKeys: false }).set('k', () => 1)).to.throw(CoderError)
    expect(inner.has('k')).to.equal(false)
  })

  it('shows no secret and no value in messages or when inspected', () => {
    const secrets = ['short secret', KEYS]
    const thrown = message(() => new EncryptedCache(new MemoryCache(), { keys: secrets, hashKeys: false }))
    expect(thrown).to.equal(
      'The secret in keys[0] is too short: it must have at least 16 bytes, better 32 random ones.',
    )
    const inner = new MemoryCache()
    const cache = new EncryptedCache(inner, { keys: KEYS, hashKeys: false, nameKey: KEYS })
    cache.set('k', 'a private value')
    expect(inspect(cache, { depth: 10, showHidden: true })).not.to.match(/incredible|private value/)
    inner.set('k', Buffer.from(inner.get<Buffer>('k')!.fill(0, 48, 52)))
    expect(message(() => cache.get('k'))).to.equal(
      `The entry under "k" was changed or moved. Set or remove the key, or use onTampered: 'miss'.`,
    )
  })

  it('refuses invalid secrets and options', () => {
    const of = (options: object) => () =>
      new EncryptedCache(new MemoryCache(), { keys: KEYS, hashKeys: false, ...options })
    for (const keys of [[], '', 'fifteen bytes..', new Uint8Array(15)]) expect(of({ keys })).to.throw(ConfigError)
    for (const keys of [undefined, null, 7, [7], {}] as unknown as Secret[]) expect(of({ keys })).to.throw(TypeError)
    expect(of({ nameKey: 'short' })).to.throw(ConfigError, 'nameKey')
    expect(of({ cipher: 'aes-256-cbc' })).to.throw(ConfigError, 'Expected one of: aes-256-gcm')
    for (const hsize of [7, 33, 8.5, '16']) expect(of({ hsize })).to.throw(ConfigError, 'hsize')
    expect(of({ onTampered: 'ignore' })).to.throw(ConfigError, 'onTampered')
    const none = undefined as unknown as EncryptedOptions
    expect(() => new EncryptedCache(new MemoryCache(), none)).to.throw(TypeError, 'EncryptedCache needs a secret')
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
      expect(() => cache.keys()).to.throw(Unsupported, 'EncryptedCache does not support keys')
      const refusal = await Promise.resolve()
        .then(() => cache.clear('a'))
        .catch((error) => error)
      expect(refusal).to.be.instanceOf(Unsupported)
      expect(await cache.getMany(['a', 'b'])).to.deep.equal([1, 2])
      await cache.clear()
      expect([...other.keys()]).to.deep.equal(['other'])
    }
  })

  it('has the keys of users in its own events, and hashes in those of the wrapped cache', () => {
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

  it('names the last used key in events of the store, and no other', () => {
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
  const bound = Buffer.concat([bytes.subarray(0, 31), Buffer.from(`${JSON.stringify(TAGS)}\nuser:é`)])
  const options = { authTagLength: 16 } as const
  const decryption = createDecipheriv(cipher as 'aes-256-gcm', key, bytes.subarray(31, 43), options)
  decryption.setAAD(bound).setAuthTag(bytes.subarray(-16))
  const payload = decryption.update(bytes.subarray(43, -16), undefined, 'utf8') + decryption.final('utf8')
  return { head: bytes.toString('hex', 0, 31), payload }
}

function message(body: () => unknown): string {
  try {
    body()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}
