import { type CoderName, coderOf } from '../../coder/index.ts'
import { CoderError, ConfigError, Tampered, Unsupported } from '../../core/errors.ts'
import { asOut, run } from '../../core/flow.ts'
import { LayeredEvents } from '../../core/layered-events.ts'
import { quoted } from '../../core/quoted.ts'
import type { Cache, Capabilities, Coder, Entry, Key, Keys, Mode, Out } from '../../core/types.ts'
import { keyOf } from '../../entry/validate.ts'
import { type CacheCore, coreOf } from '../../verbs/cache-core.ts'
import { answerVerb } from '../../verbs/call-store.ts'
import { wipe } from '../../verbs/keys.ts'
import { TransformedCache } from '../base/transformed.ts'
import type { WrapperOptions } from '../base/wrapped.ts'
import { EventsByHash, type Names } from './events.ts'
import { type CipherName, cipherOf, sealedOf } from './format.ts'
import { DerivedKeys, ringOf, type Secret } from './keys.ts'
import { rewritten } from './rewriting.ts'
import { opened, sealed } from './sealing.ts'

export type { CipherName } from './format.ts'
export type { Secret } from './keys.ts'

/** The options of an `EncryptedCache`. */
export interface EncryptedOptions extends WrapperOptions {
  /**
   * One secret, or several: the first is for writing, all are for reading. Each is a `Uint8Array` of at least 16 bytes, or
   * text of as many in UTF-8; the keys are derived from it. Random bytes are best, as `randomBytes(32)` makes them.
   */
  keys: Secret | readonly Secret[]
  /** The authenticated cipher for writing. All are read. @default 'aes-256-gcm' */
  cipher?: CipherName | undefined
  /**
   * Hides the names of the keys too: the cache within sees a keyed hash of each. Keys can then not be listed, and only the
   * whole cache can be cleared. @default false
   */
  hashKeys?: boolean | undefined
  /** How many bytes of the hash stand for a name, from 8 to 32. @default 16 */
  hsize?: number | undefined
  /**
   * The secret that names are hashed with. It stays when others are rotated: with another, nothing is found any more.
   * @default the last one of `keys`
   */
  nameKey?: Secret | undefined
  /**
   * What happens when what is stored was changed, cut, moved, or not written by us: a `Tampered` is thrown, or it is a miss
   * and a `decodeError` event. `set` and `remove` work in either case. @default 'throw'
   */
  onTampered?: 'throw' | 'miss' | undefined
  /** Writes values as the bytes that are encrypted. @default 'json' */
  coder?: CoderName | Coder | undefined
}

/**
 * Keeps values encrypted and authenticated: the cache within, and whoever reads its store, sees bytes that tell nothing but
 * their length, and can neither change them nor move them to another key without being found out, nor prolong their life.
 *
 * @example new EncryptedCache(new RedisCache(), { keys: process.env.CACHE_SECRET! })
 */
export class EncryptedCache<M extends Mode = Mode> extends TransformedCache<M> {
  protected override readonly events: LayeredEvents
  readonly cipher: CipherName
  readonly onTampered: 'throw' | 'miss'
  readonly hashKeys: boolean
  readonly hsize: number
  protected readonly coder: Coder
  readonly #ring: readonly [DerivedKeys, ...DerivedKeys[]]
  readonly #nameKeys: DerivedKeys
  /** The last key whose name was hashed: of one verb, the store and the events ask for it several times (2 µs each, node 20). */
  readonly #last = { key: '', name: '' }

  /** Throws `ConfigError` or `TypeError` for secrets and other options that will not do. */
  constructor(inner: Cache<M>, options: EncryptedOptions) {
    if (typeof options !== 'object' || options === null) {
      throw new TypeError('EncryptedCache needs secrets: new EncryptedCache(inner, { keys: [secret] }).')
    }
    const { keys, cipher, hashKeys = false, hsize = 16, nameKey, onTampered = 'throw', coder, ...rest } = options
    super(inner, rest)
    this.#ring = ringOf(keys)
    this.#nameKeys = nameKey === undefined ? this.#ring.at(-1)! : new DerivedKeys(nameKey, 'nameKey')
    this.cipher = cipherOf(cipher)
    this.hashKeys = hashKeys
    this.hsize = hashSize(hsize)
    this.onTampered = tamperedPolicy(onTampered)
    this.coder = coderOf(coder)
    const below = this.store.events
    this.events = new LayeredEvents(this.name, '', hashKeys ? new EventsByHash(below, this.#names) : below)
  }

  override get capabilities(): Capabilities {
    const { capabilities } = this.inner
    return this.hashKeys ? { ...capabilities, listsKeys: false } : capabilities
  }

  /**
   * Encrypts anew what was not written with the first key and the cipher of this cache, with the life that it has left, and
   * answers how many entries that were. What cannot be read stays as it is, and is a `decodeError` event.
   * @param keys the keys to look at; it must be given where keys cannot be listed. @default all of this cache
   */
  reencrypt(keys?: Iterable<Key>): Out<M, number> {
    return asOut(
      answerVerb(coreOf(this), (core) => {
        const ids = keys === undefined ? this.list(this.prefix) : Array.from(keys, (key) => this.prefix + keyOf(key))
        return run(rewritten(core, this.store as CacheCore, ids, this.#form))
      }),
    )
  }

  protected override list(prefix: string): Keys<M> {
    if (this.hashKeys) throw new Unsupported('keys', this.name, 'Their names are hashed.')
    return super.list(prefix)
  }

  protected override wipe(prefix: string): Out<M, void> {
    if (!this.hashKeys) return super.wipe(prefix)
    if (prefix !== this.prefix) {
      throw new Unsupported('clear', this.name, 'Names of keys are hashed, so that it can only be cleared as a whole.')
    }
    return asOut(wipe(this.store as CacheCore, prefix))
  }

  protected override keyWithin(key: string): string {
    return this.hashKeys ? this.prefix + this.#nameOf(key) : key
  }

  protected seal(key: string, entry: Entry): Entry {
    return sealed(key, entry, this.#ring[0], this.cipher, this.coder)
  }

  protected unseal(key: string, kept: Entry): Entry {
    const parts = sealedOf(kept.value)
    if (parts === undefined) throw this.#tampered(key, 'is not what this cache writes, or is cut short')

    const able = this.#ring.filter(({ id }) => id === parts.id)
    for (const keys of able) {
      const entry = opened(key, kept, parts, keys, this.coder)
      if (entry !== undefined) return entry
    }
    throw this.#tampered(
      key,
      able.length > 0 ? 'was changed or moved' : 'was written with a secret that is not in keys',
    )
  }

  protected override unreadable(key: string, error: CoderError): undefined {
    if (error instanceof Tampered && this.onTampered === 'throw') throw error
    return super.unreadable(key, error)
  }

  /** How entries are written anew: not those that are as they would be already, nor those that cannot be read. */
  readonly #form = {
    within: (key: string) => this.keyWithin(key),
    anew: (key: string, kept: Entry): Entry | undefined => {
      const parts = sealedOf(kept.value)
      if (parts?.cipher === this.cipher && parts.id === this.#ring[0].id) return undefined
      try {
        return this.seal(key, this.unseal(key, kept))
      } catch (error) {
        if (error instanceof CoderError) return super.unreadable(key, error)
        throw error
      }
    },
  }

  /** Key names as the events have them: without the prefix that whole keys have. */
  readonly #names: Names = {
    hashed: (key) => this.#nameOf(this.prefix + key),
    known: (name) => (name === this.#last.name ? this.#last.key.slice(this.prefix.length) : undefined),
  }

  #nameOf(key: string): string {
    const last = this.#last
    if (last.key !== key || last.name === '') {
      last.name = this.#nameKeys.hashed(key, this.hsize)
      last.key = key
    }
    return last.name
  }

  #tampered(key: string, what: string): Tampered {
    const name = quoted(key.slice(this.prefix.length))
    return new Tampered(`What is stored under ${name} ${what}. Set or remove the key, or say onTampered: 'miss'.`)
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
