import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import type { Coder, Entry } from '../../core/types.ts'
import { withoutNote } from '../../entry/entry.ts'
import { toWellFormed } from '../../entry/keys.ts'
import { payloadOf, trustingDecoders, valueFrom } from '../base/payload.ts'
import { CIPHERS, type CipherName, cipherNumbered, type DerivedKeys } from './keys.ts'

/**
 * A sealed entry is one run of bytes:
 *
 *   0  version, 1
 *   1  number of the cipher
 *   2  form of the payload
 *   3  id of the secret, 4 bytes
 *   7  when the entry expires, and until when it may be kept: two doubles, big-endian; NaN for never
 *  23  when it was stored: a double, big-endian
 *  31  nonce, 12 bytes
 *  43  the payload, encrypted
 *      authentication tag, 16 bytes
 *
 * Everything before the nonce is authenticated, with the tags and the key of the entry. Nothing is decoded, and no form or
 * time is believed, before that has succeeded.
 */
const VERSION = 1
const KEY_ID = 3
const EXPIRES = 7
const UNTIL = 15
const CREATED = 23
const NONCE = 31
const PAYLOAD = 43
const TAG_BYTES = 16

const OPTIONS = { authTagLength: TAG_BYTES } as const

/** Claims of a sealed entry about itself, before it is authenticated. */
export interface Sealed {
  readonly bytes: Buffer
  readonly cipher: CipherName
  /** Id of the secret that it was written with. */
  readonly id: number
}

/** The bytes of a sealed entry with its cipher and secret; `undefined` for anything else. */
export function sealedOf(value: unknown): Sealed | undefined {
  if (!Buffer.isBuffer(value) || value.length < PAYLOAD + TAG_BYTES || value[0] !== VERSION) return undefined
  const cipher = cipherNumbered(value[1]!)
  return cipher && { bytes: value, cipher, id: value.readUInt32BE(KEY_ID) }
}

/** The entry with its value encrypted, bound to this key and TTL. Throws `CoderError` if the coder cannot write the value. */
export function sealed(key: string, entry: Entry, keys: DerivedKeys, cipher: CipherName, coder: Coder): Entry {
  const { form, wire } = payloadOf(entry.value, coder)
  const size = typeof wire === 'string' ? Buffer.byteLength(wire) : wire.length
  const bytes = Buffer.allocUnsafe(PAYLOAD + size + TAG_BYTES)
  bytes[0] = VERSION
  bytes[1] = CIPHERS[cipher].number
  bytes[2] = form
  bytes.writeUInt32BE(keys.id, KEY_ID)
  bytes.writeDoubleBE(wholeMoment(entry.expires), EXPIRES)
  bytes.writeDoubleBE(wholeMoment(entry.until), UNTIL)
  bytes.writeDoubleBE(wholeMoment(entry.created), CREATED)
  const nonce = nextNonce()
  bytes.set(nonce, NONCE)

  const encryption = createCipheriv(cipher as 'aes-256-gcm', keys.encryption(cipher), nonce, OPTIONS)
  encryption.setAAD(associatedData(bytes, key, entry))
  bytes.set(typeof wire === 'string' ? encryption.update(wire, 'utf8') : encryption.update(wire), PAYLOAD)
  encryption.final()
  bytes.set(encryption.getAuthTag(), PAYLOAD + size)
  return { ...entry, value: bytes }
}

/**
 * The entry that was sealed, with the TTL that it was given then, whatever the store says, or a shorter one that it has
 * there; `undefined` if any part of it was changed. Throws `CoderError` if it is authentic and the coder cannot read it.
 */
export function opened(key: string, stored: Entry, parts: Sealed, keys: DerivedKeys, coder: Coder): Entry | undefined {
  const { bytes, cipher } = parts
  const end = bytes.length - TAG_BYTES
  const nonce = bytes.subarray(NONCE, PAYLOAD)
  const decryption = createDecipheriv(cipher as 'aes-256-gcm', keys.encryption(cipher), nonce, OPTIONS)
  decryption.setAAD(associatedData(bytes, key, stored))
  decryption.setAuthTag(bytes.subarray(end))
  const payload = decryption.update(bytes.subarray(PAYLOAD, end))
  try {
    decryption.final()
  } catch {
    return undefined
  }
  const value = valueFrom(bytes[2]!, payload, trustingDecoders(coder))
  const expires = earlier(stored.expires, momentAt(bytes, EXPIRES))
  const until = earlier(stored.until, momentAt(bytes, UNTIL))
  return { ...stored, value, created: bytes.readDoubleBE(CREATED), expires, until }
}

/** The earlier of two deadlines. A layer below may shorten a TTL: that does no more harm than removing the entry. */
function earlier(one: number | null, other: number | null): number | null {
  return one === null ? other : other === null ? one : Math.min(one, other)
}

/** A moment as it is written: stores keep whole milliseconds only. */
function wholeMoment(moment: number | null): number {
  // `+ 0` turns -0 into 0, which has other bits.
  return moment === null ? Number.NaN : Math.trunc(moment) + 0
}

function momentAt(bytes: Buffer, at: number): number | null {
  const moment = bytes.readDoubleBE(at)
  return Number.isNaN(moment) ? null : moment
}

/**
 * Data that the value is bound to: the head without the nonce, the tags of the entry, and its key. The versions of its tags
 * are left out: the wrapped cache may know them by others, and version 1 was written without them.
 */
function associatedData(head: Buffer, key: string, entry: Entry): Buffer {
  const tags = entry.tags === undefined ? [] : withoutNote(entry.tags, 'stamp')
  const names = tags.length === 0 ? '' : JSON.stringify(tags)
  // JSON contains no line break, so there is one way to read this.
  const text = `${names}\n${toWellFormed(key)}`
  const most = NONCE + text.length * 3
  const data = most <= scratch.length ? scratch : Buffer.allocUnsafe(most)
  for (let i = 0; i < NONCE; i++) data[i] = head[i]!
  return data.subarray(0, NONCE + data.write(text, NONCE))
}

// The ciphers read it at once, so one is enough for all: 0.3 µs less than a new one each time (node 20).
const scratch = Buffer.allocUnsafeSlow(1024)

// Nonces are drawn in batches: 60 ns each, where one at a time takes 4 µs, as much as the encryption (node 20).
const NONCE_BYTES = PAYLOAD - NONCE
const nonces = { bytes: Buffer.alloc(0), at: 0 }

function nextNonce(): Buffer {
  if (nonces.at === nonces.bytes.length) {
    nonces.bytes = randomFillSync(Buffer.allocUnsafeSlow(NONCE_BYTES * 128))
    nonces.at = 0
  }
  nonces.at += NONCE_BYTES
  return nonces.bytes.subarray(nonces.at - NONCE_BYTES, nonces.at)
}
