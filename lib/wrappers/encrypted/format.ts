import { ConfigError } from '../../core/errors.ts'

/** The ciphers, by the names that Node has for them. */
export type CipherName = 'aes-256-gcm' | 'aes-128-gcm' | 'chacha20-poly1305'

/** What there is to know of a cipher. Its number stands in stored data: what it means is for ever. */
export interface CipherFacts {
  readonly number: number
  readonly keyBytes: number
}

export const CIPHERS: Readonly<Record<CipherName, CipherFacts>> = {
  'aes-256-gcm': { number: 1, keyBytes: 32 },
  'aes-128-gcm': { number: 2, keyBytes: 16 },
  'chacha20-poly1305': { number: 3, keyBytes: 32 },
}

const NAMES = new Map(Object.entries(CIPHERS).map(([name, { number }]) => [number, name as CipherName]))

/** The cipher of an option. Throws `ConfigError` for an unknown one. */
export function cipherOf(name: CipherName = 'aes-256-gcm'): CipherName {
  if (typeof name === 'string' && Object.hasOwn(CIPHERS, name)) return name
  const known = Object.keys(CIPHERS).join(', ')
  throw new ConfigError(`There is no cipher ${JSON.stringify(name)}. Known are: ${known}.`)
}

/**
 * A sealed entry is one run of bytes:
 *
 *   0  version, 1
 *   1  number of the cipher
 *   2  form of the payload
 *   3  id of the key, 4 bytes
 *   7  when the entry expires, and until when it may be kept: two doubles, big-endian; NaN for never
 *  23  when it was stored: a double, big-endian
 *  31  nonce, 12 bytes
 *  43  the payload, encrypted
 *      authentication tag, 16 bytes
 *
 * All that stands before the nonce is authenticated, with what `associatedData` adds to it.
 */
export const VERSION = 1
export const KEY_ID = 3
export const EXPIRES = 7
export const CREATED = 23
export const NONCE = 31
export const PAYLOAD = 43
export const TAG_BYTES = 16

/** A sealed entry taken apart. */
export interface Sealed {
  readonly bytes: Buffer
  readonly cipher: CipherName
  readonly form: number
  /** The id of the keys that it was written with. */
  readonly id: number
  readonly expires: number | null
  readonly until: number | null
  readonly created: number
}

/** The parts of a sealed entry; `undefined` for what is none. */
export function sealedOf(value: unknown): Sealed | undefined {
  if (!Buffer.isBuffer(value) || value.length < PAYLOAD + TAG_BYTES || value[0] !== VERSION) return undefined
  const cipher = NAMES.get(value[1]!)
  if (cipher === undefined) return undefined
  return {
    bytes: value,
    cipher,
    form: value[2]!,
    id: value.readUInt32BE(KEY_ID),
    expires: momentAt(value, EXPIRES),
    until: momentAt(value, EXPIRES + 8),
    created: value.readDoubleBE(CREATED),
  }
}

/** A moment as it is compared and stored: stores keep whole milliseconds only. */
export function wholeMoment(moment: number | null): number {
  // `+ 0` makes 0 of -0, which has other bits.
  return moment === null ? Number.NaN : Math.trunc(moment) + 0
}

function momentAt(bytes: Buffer, at: number): number | null {
  const moment = bytes.readDoubleBE(at)
  return Number.isNaN(moment) ? null : moment
}
