import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { ConfigError } from '../../core/errors.ts'
import { toWellFormed } from '../../entry/keys.ts'

/** The ciphers, by the names that Node has for them. */
export type CipherName = 'aes-256-gcm' | 'aes-128-gcm' | 'chacha20-poly1305'

/** Facts of the ciphers. The numbers are part of stored data and never change. */
export const CIPHERS: Readonly<Record<CipherName, { readonly number: number; readonly keyBytes: number }>> = {
  'aes-256-gcm': { number: 1, keyBytes: 32 },
  'aes-128-gcm': { number: 2, keyBytes: 16 },
  'chacha20-poly1305': { number: 3, keyBytes: 32 },
}

/** The cipher of an option. Throws `ConfigError` for an unknown one. */
export function cipherOf(name: CipherName = 'aes-256-gcm'): CipherName {
  if (typeof name === 'string' && Object.hasOwn(CIPHERS, name)) return name
  throw new ConfigError(`Unknown cipher ${JSON.stringify(name)}. Expected one of: ${Object.keys(CIPHERS).join(', ')}.`)
}

/** The cipher of a number. */
export function cipherNumbered(number: number): CipherName | undefined {
  return (Object.keys(CIPHERS) as CipherName[]).find((name) => CIPHERS[name].number === number)
}

/** A secret to derive keys from: at least 16 bytes, or text of as many in UTF-8. It should be random. */
export type Secret = string | Uint8Array

const MIN_BYTES = 16
/** Separates these keys from any others that are derived from the same secret. */
const SALT = 'polycache/encrypted/1'

/**
 * The keys of one secret, derived from it by HKDF-SHA256 at first use (13 µs each), each for one purpose. The secret itself
 * is used for nothing else, and appears in no message.
 */
export class DerivedKeys {
  readonly #secret: KeyObject
  readonly #encryption = new Map<CipherName, KeyObject>()
  #id: number | undefined
  #names: KeyObject | undefined

  /** @param option names the secret in messages */
  constructor(secret: Secret, option: string) {
    this.#secret = createSecretKey(bytesOf(secret, option))
  }

  /** A 32-bit number by which the secret of a sealed entry is found. */
  get id(): number {
    this.#id ??= this.#derived('id', 4).readUInt32BE()
    return this.#id
  }

  /** The key that encrypts with a cipher. */
  encryption(cipher: CipherName): KeyObject {
    const known = this.#encryption.get(cipher)
    if (known !== undefined) return known
    const key = createSecretKey(this.#derived(`encryption ${cipher}`, CIPHERS[cipher].keyBytes))
    this.#encryption.set(cipher, key)
    return key
  }

  /** The hash of a key's name: this many bytes, in hex. */
  hashed(name: string, bytes: number): string {
    this.#names ??= createSecretKey(this.#derived('names', 32))
    const hash = createHmac('sha256', this.#names).update(toWellFormed(name)).digest('hex')
    return hash.slice(0, 2 * bytes)
  }

  #derived(purpose: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, SALT, purpose, bytes))
  }
}

/** Keys of one or more secrets; the first one writes. */
export type KeyRing = readonly [DerivedKeys, ...DerivedKeys[]]

/** The keys of the options `key` and `keys`. Throws `ConfigError` unless exactly one of them has a secret, long enough. */
export function ringOf(key: Secret | undefined, keys: Secret | readonly Secret[] | undefined): KeyRing {
  if (key !== undefined && keys !== undefined) {
    throw new ConfigError('EncryptedCache takes key or keys, not both: keys for several secrets, the first one writes.')
  }
  const secrets: readonly Secret[] = Array.isArray(keys) ? keys : [(key ?? keys) as Secret]
  const option = key === undefined ? 'keys' : 'key'
  const [first, ...rest] = secrets.map(
    (secret, i) => new DerivedKeys(secret, secrets.length > 1 ? `${option}[${i}]` : option),
  )
  if (first === undefined) throw new ConfigError('EncryptedCache needs at least one secret in its option keys.')
  return [first, ...rest]
}

function bytesOf(secret: Secret, option: string): Uint8Array {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw new TypeError(
      `The secret in ${option} must be text or a Uint8Array, not ${secret === null ? 'null' : typeof secret}.`,
    )
  }
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
  if (bytes.length >= MIN_BYTES) return bytes
  throw new ConfigError(
    `The secret in ${option} is too short: it must have at least ${MIN_BYTES} bytes, better 32 random ones.`,
  )
}
