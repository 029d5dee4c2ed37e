import { type CoderName, coderOf } from '../../coder/index.ts'
import { CoderError, ConfigError, Tampered, Unsupported } from '../../core/errors.ts'
import { asOut, type Flow, run, wait } from '../../core/flow.ts'
import { LayeredEvents } from '../../core/layered-events.ts'
import { quoted } from '../../core/quoted.ts'
import type { Cache, Capabilities, Coder, Entry, Key, Keys, Mode, Out } from '../../core/types.ts'
import { isFresh } from '../../entry/entry.ts'
import { hiddenKey, isHidden } from '../../entry/hidden-keys.ts'
import { keyOf } from '../../entry/validate.ts'
import { type CacheCore, coreOf } from '../../verbs/cache-core.ts'
import { answerVerb, callStore } from '../../verbs/call-store.ts'
import { type Ids, listed } from '../../verbs/keys.ts'
import { compareAndSet, readVersioned } from '../../verbs/store-verbs.ts'
import { TransformedCache } from '../base/transformed.ts'
import { checkOptions, type WrapperOptions } from '../base/wrapped.ts'
import { opened, sealed, sealedOf } from './format.ts'
import { HashedEvents, type Names } from './hashed-events.ts'
import { type CipherName, cipherOf, DerivedKeys, type KeyRing, ringOf, type Secret } from './keys.ts'

export type { CipherName, Secret } from './keys.ts'

interface EncryptionSettings extends WrapperOptions {
  /** Authenticated cipher for writing; all of them are read. @default 'aes-256-gcm' */
  cipher?: CipherName | undefined
  /**
   * Hides the names of keys: the store sees a keyed hash of each. Keys cannot be listed then, and only the whole cache can
   * be cleared. `false` leaves names readable. @default true
   */
  hashKeys?: boolean | undefined
  /** Length of a hashed name in bytes, from 8 to 32. @default 16 */
  hsize?: number | undefined
  /**
   * Secret that names are hashed with. It stays the same when others are rotated: with another one, nothing is found.
   * @default the last one of `keys`
   */
  nameKey?: Secret | undefined
  /**
   * Policy for stored data that was changed, cut, moved, or not written by this cache: a `Tampered` error, or a miss and a
   * `decodeError` event. `set` and `remove` work in either case. @default 'throw'
   */
  onTampered?: 'throw' | 'miss' | undefined
  /** Writes values as the bytes that are encrypted. @default 'json' */
  coder?: CoderName | Coder | undefined
}

/**
 * Options of an `EncryptedCache`. A secret is a `Uint8Array` of at least 16 bytes, or text of as many in UTF-8; keys are
 * derived from it. Random bytes are best, such as `randomBytes(32)`.
 */
export type EncryptedOptions = EncryptionSettings &
  (
    | {
        /** The secret. */
        key: Secret
        keys?: undefined
      }
    | {
        /** The secret, or several: the first one writes, all of them read. */
        keys: Secret | readonly Secret[]
        key?: undefined
      }
  )

const OPTIONS = ['key', 'keys', 'cipher', 'hashKeys', 'hsize', 'nameKey', 'onTampered', 'coder']

/**
 * Encrypts and authenticates values, and hides the names of keys. Readers of the store see bytes that reveal nothing but
 * their length. Writers to it cannot change a value, move it to another key or prolong its TTL without being detected.
 *
 * @example new EncryptedCache(new RedisCache(), { key: process.env.CACHE_SECRET! })
 */
export class EncryptedCache<M extends Mode = Mode> extends TransformedCache<M> {
  static override readonly name: string = 'EncryptedCache'
  override readonly events: LayeredEvents
  readonly cipher: CipherName
  readonly onTampered: 'throw' | 'miss'
  readonly hashKeys: boolean
  readonly hsize: number
  readonly coder: Coder
  readonly #ring: KeyRing
  readonly #nameKeys: DerivedKeys
  /** The last key that was hashed: one verb hashes its key several times, for the store and the events (2 µs each, node 20). */
  readonly #last = { key: '', name: '' }

  /** Throws `ConfigError` or `TypeError` for secrets and options that cannot be used. */
  constructor(inner: Cache<M>, options: EncryptedOptions) {
    if (typeof options !== 'object' || options === null) {
      throw new TypeError('EncryptedCache needs a secret: new EncryptedCache(inner, { key: secret }).')
    }
    checkOptions(options, OPTIONS, 'EncryptedCache')
    const { key, keys, cipher, hashKeys = true, hsize = 16, nameKey, onTampered = 'throw', coder, ...rest } = options
    super(inner, rest)
    this.#ring = ringOf(key, keys)
    this.#nameKeys = nameKey === undefined ? this.#ring.at(-1)! : new DerivedKeys(nameKey, 'nameKey')
    this.cipher = cipherOf(cipher)
    this.hashKeys = hashKeys
    this.hsize = hashSize(hsize)
    this.onTampered = tamperedPolicy(onTampered)
    this.coder = coderOf(coder)
    const below = this.store.events
    this.events = new LayeredEvents(this.name, '', hashKeys ? new HashedEvents(below, this.#names) : below)
  }

  override get capabilities(): Capabilities {
    const { capabilities } = this.inner
    return this.hashKeys ? { ...capabilities, listsKeys: false } : capabilities
  }

  /**
   * Encrypts again, with the TTL that is left, what was not written with the first secret and the cipher of this cache.
   * Answers the number of these entries. Entries that cannot be read stay as they are, with a `decodeError` event.
   * @param keys keys to look at; required where keys cannot be listed. @default all keys of this cache
   */
  reencrypt(keys?: Iterable<Key>): Out<M, number> {
    return asOut(
      answerVerb(coreOf(this), (core) => {
        const ids =
          keys === undefined
            ? listed(core, this.prefix)
            : Array.from(keys, (key) => this.prefix + keyOf(key))[Symbol.iterator]()
        return run(this.#reencrypt(core, ids))
      }),
    )
  }

  protected override list(prefix: string): Keys<M> {
    if (this.hashKeys) throw new Unsupported('keys', this.name, 'Their names are hashed; hashKeys: false lists them.')
    return super.list(prefix)
  }

  protected override wipe(prefix: string): Out<M, void> {
    if (this.hashKeys && prefix !== this.prefix) {
      throw new Unsupported('clear', this.name, 'Names of keys are hashed, so only the whole cache can be cleared.')
    }
    return super.wipe(prefix)
  }

  protected override toKey(key: string): string {
    return this.hashKeys ? this.#nameOf(key) : key
  }

  protected override seal(key: string, entry: Entry): Entry {
    return sealed(key, entry, this.#ring[0], this.cipher, this.coder)
  }

  protected override unseal(key: string, stored: Entry): Entry {
    const parts = sealedOf(stored.value)
    if (parts === undefined) throw this.#tampered(key, 'was not written by this cache, or was cut short')

    const candidates = this.#ring.filter(({ id }) => id === parts.id)
    for (const keys of candidates) {
      const entry = opened(key, stored, parts, keys, this.coder)
      if (entry !== undefined) return entry
    }
    throw this.#tampered(
      key,
      candidates.length > 0 ? 'was changed or moved' : 'was written with a secret that is not in keys',
    )
  }

  protected override unreadable(key: string, error: CoderError): undefined {
    if (error instanceof Tampered && this.onTampered === 'throw') throw error
    return super.unreadable(key, error)
  }

  *#reencrypt(core: CacheCore, ids: Ids): Flow<number> {
    let count = 0
    for (;;) {
      const step = yield* wait(callStore(core, 'reencrypt', undefined, () => ids.next()))
      if (step.done) return count
      if (yield* this.#reencryptOne(core, step.value)) count++
    }
  }

  /** Encrypts one entry again, unless it is up to date or unreadable. If others change it meanwhile, it is looked at again. */
  *#reencryptOne(core: CacheCore, id: string): Flow<boolean> {
    const store = this.store as CacheCore
    const key = id.slice(this.prefix.length)
    const stored = this.storedKey(id)
    const done = yield* core.loads.lockKey(id)
    try {
      for (;;) {
        const found = yield* wait(callStore(core, 'reencrypt', key, () => readVersioned(store, stored)))
        const fresh = isFresh(found.entry, this.now()) ? this.#resealed(id, found.entry) : undefined
        if (fresh === undefined) return false
        const swap = () => compareAndSet(store, stored, found.version, fresh)
        if (yield* wait(callStore(core, 'reencrypt', key, swap))) return true
      }
    } finally {
      done()
    }
  }

  /** The entry sealed again; `undefined` if it is up to date, or unreadable. */
  #resealed(key: string, stored: Entry): Entry | undefined {
    const parts = sealedOf(stored.value)
    if (parts?.cipher === this.cipher && parts.id === this.#ring[0].id) return undefined
    try {
      return this.seal(key, this.unseal(key, stored))
    } catch (error) {
      if (error instanceof CoderError) return super.unreadable(key, error)
      throw error
    }
  }

  readonly #names: Names = {
    hashed: (key) => this.#nameOf(key),
    known: (name) => (name === this.#last.name ? this.#last.key : undefined),
  }

  #nameOf(key: string): string {
    const last = this.#last
    if (last.key !== key || last.name === '') {
      const hash = this.#nameKeys.hashed(this.prefix + key, this.hsize)
      last.name = isHidden(key) ? hiddenKey(hash) : hash
      last.key = key
    }
    return last.name
  }

  #tampered(key: string, what: string): Tampered {
    const name = quoted(key.slice(this.prefix.length))
    return new Tampered(`The entry under ${name} ${what}. Set or remove the key, or use onTampered: 'miss'.`)
  }
}

function hashSize(bytes: number): number {
  if (Number.isInteger(bytes) && bytes >= 8 && bytes <= 32) return bytes
  throw new ConfigError(`hsize must be a whole number of bytes from 8 to 32, not ${String(bytes)}.`)
}

function tamperedPolicy(policy: 'throw' | 'miss'): 'throw' | 'miss' {
  if (policy === 'throw' || policy === 'miss') return policy
  throw new ConfigError(`onTampered must be 'throw' or 'miss', not ${JSON.stringify(policy)}.`)
}
