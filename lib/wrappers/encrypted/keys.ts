import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { ConfigError } from '../../core/errors.ts'
import { toWellFormed } from '../../entry/keys.ts'
import { CIPHERS, type CipherName } from './format.ts'

/** What keys are derived from: at least 16 bytes, or text of as many in UTF-8. It should be random, such as 32 random bytes. */
export type Secret = string | Uint8Array

/** How long a secret has to be, in bytes. */
const SHORTEST = 16
/** Keeps these keys apart from whatever else is derived from the same secret. */
const SALT = 'polycache/encrypted/1'

/**
 * The keys of one secret, derived from it by HKDF-SHA256, each for one purpose and when it is first needed (13 µs each). The
 * secret itself is used for nothing else, and shows in no message.
 */
export class DerivedKeys {
  readonly #secret: KeyObject
  readonly #encryption = new Map<CipherName, KeyObject>()
  #id: number | undefined
  #names: KeyObject | undefined

  /** @param what names the secret in messages */
  constructor(secret: Secret, what: string) {
    this.#secret = createSecretKey(bytesOf(secret, what))
  }

  /** A number of 32 bits by which the keys of what is stored are found again. */
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

  /** What stands for the name of a key: as many bytes, in hex. */
  hashed(name: string, bytes: number): string {
    this.#names ??= createSecretKey(this.#derived('names', 32))
    const hash = createHmac('sha256', this.#names).update(toWellFormed(name)).digest('hex')
    return hash.slice(0, 2 * bytes)
  }

  #derived(purpose: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, SALT, purpose, bytes))
  }
}

/** The keys of a ring of secrets, of which the first is for writing. Throws `ConfigError` for none, or for one that is too short. */
export function ringOf(secrets: Secret | readonly Secret[]): readonly [DerivedKeys, ...DerivedKeys[]] {
  const list: readonly Secret[] = Array.isArray(secrets) ? secrets : [secrets as Secret]
  const [first, ...rest] = list.map((secret, i) => new DerivedKeys(secret, list.length > 1 ? `keys[${i}]` : 'keys'))
  if (first === undefined) throw new ConfigError('EncryptedCache needs at least one secret in its option keys.')
  return [first, ...rest]
}

function bytesOf(secret: Secret, what: string): Uint8Array {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw new TypeError(
      `The secret in ${what} must be text or a Uint8Array, not ${secret === null ? 'null' : typeof secret}.`,
    )
  }
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
  if (bytes.length >= SHORTEST) return bytes
  throw new ConfigError(
    `The secret in ${what} is too short: it must have at least ${SHORTEST} bytes, better 32 random ones.`,
  )
}
