import { CoderError } from '../core/errors.ts'
import { MAX_BIGINT_BITS, MAX_DEPTH, tooDeep } from './failures.ts'

/**
 * A look at binary data before the library that reads it.
 *
 * msgpackr and V8 take the sizes in the data on trust: five bytes that announce an array of 33 million items take 268 MB,
 * and a hundred of them, one within the other, end the process. So the tokens are walked over first, without making
 * anything: containers may not announce more items than there are bytes left for all that is still to come, nor lie deeper
 * than a coder writes, and only what our coders write is let through. What remains costs memory in proportion to its bytes.
 */

// The state of a scan, which has no pause in it. Fields of an object made for each take up to nine times as long (node 20).
let bytes: Uint8Array = new Uint8Array()
let at = 0

function byte(): number {
  if (at >= bytes.length) throw damaged()
  return bytes[at++]!
}

/** A big-endian number of 1, 2 or 4 bytes. */
function number(size: number): number {
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + byte()
  return value
}

/** A number of 32 bits, 7 in each byte, the lowest first. */
function varint(): number {
  let value = 0
  for (let weight = 1; weight <= 2 ** 28; weight *= 128) {
    const part = byte()
    value += (part & 127) * weight
    if (part < 128) return value
  }
  throw damaged()
}

function skip(size: number): void {
  at += size
  if (at > bytes.length) throw damaged()
}

// msgpackr's extensions, of those that MsgpackCoder lets it write.
const UNDEFINED = 0x00
const BIGINT = 0x42
const RECORD = 0x72
const SET = 0x73
const TYPED_ARRAY = 0x74
const TIMESTAMP = 0xff

/** The sizes of numbers, from the token 0xca (a float) on. */
const NUMBER_SIZES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

/** How many values are still to come, in all containers, and in each. */
let pending = 0
let level = 0
const levels = new Uint32Array(MAX_DEPTH + 1)
/** How many fields the records have that were defined so far: one byte stands for each of them from then on. */
const records = new Uint32Array(64)

/** Throws `CoderError` for MessagePack data that would cost more than its bytes, or that MsgpackCoder never writes. */
export function scanMsgpack(data: Uint8Array): void {
  bytes = data
  at = 0
  pending = 1
  level = 0
  levels[0] = 1
  records.fill(0)
  while (pending > 0) {
    while (levels[level] === 0) level--
    levels[level]!--
    pending--
    const token = byte()
    if (token < 0x40 || token >= 0xe0) continue
    if (token < 0x80) open(records[token & 0x3f]!)
    else if (token < 0x90) open((token & 15) * 2)
    else if (token < 0xa0) open(token & 15)
    else if (token < 0xc0) skip(token & 31)
    else if (token >= 0xca && token <= 0xd3) skip(NUMBER_SIZES[token - 0xca]!)
    else if (token >= 0xd9 && token <= 0xdb) skip(number(1 << (token - 0xd9)))
    else if (token >= 0xc4 && token <= 0xc6) skip(number(1 << (token - 0xc4)))
    else if (token === 0xd4) smallExtension()
    else if (token >= 0xd5 && token <= 0xd8) extension(1 << (token - 0xd4))
    else if (token >= 0xc7 && token <= 0xc9) extension(number(1 << (token - 0xc7)))
    else if (token >= 0xdc) open(number(token & 1 ? 4 : 2) * (token >= 0xde ? 2 : 1))
    else if (token === 0xc1) throw damaged()
  }
}

/** Begins a container. */
function open(count: number): void {
  if (count === 0) return
  pending += count
  if (pending > bytes.length - at) throw damaged()
  if (level === MAX_DEPTH) throw tooDeep()
  levels[++level] = count
}

function extension(size: number): void {
  const type = byte()
  if (type !== BIGINT && type !== TYPED_ARRAY && type !== TIMESTAMP) throw damaged()
  // The sign takes some more bytes.
  if (type === BIGINT && (size - 16) * 8 > MAX_BIGINT_BITS) throw hugeBigint()
  skip(size)
}

/** An extension of one byte: msgpackr lets the content of some follow as values. */
function smallExtension(): void {
  const type = byte()
  const content = byte()
  if (type === SET) {
    open(1)
  } else if (type === RECORD) {
    const token = byte()
    const fields =
      token >= 0x90 && token < 0xa0 ? token & 15 : token === 0xdc ? number(2) : token === 0xdd ? number(4) : -1
    if (fields < 0) throw damaged()
    records[content & 0x3f] = fields
    open(fields * 2)
  } else if (type !== UNDEFINED && type !== TYPED_ARRAY && type !== BIGINT) {
    throw damaged()
  }
}

/** A resizable ArrayBuffer reserves memory for the size that it may grow to. */
const MAX_RESERVED = 64 * 1024 * 1024

/**
 * Throws `CoderError` for data in V8's format that would cost more than its bytes, or that V8Coder never writes.
 * @returns whether the data has references in it, by which parts may lie deeper than they are written
 */
export function scanV8(data: Uint8Array): boolean {
  bytes = data
  // Version and all.
  at = 2
  let depth = 0
  let items = 0
  let reserved = 0
  let hasReferences = false
  while (at < bytes.length) {
    switch (bytes[at++]) {
      case PADDING:
      case HOLE:
      case UNDEFINED_TAG:
      case NULL:
      case TRUE:
      case FALSE:
        break
      case INT32:
      case UINT32:
        varint()
        break
      case REFERENCE:
        hasReferences = true
        varint()
        break
      case DOUBLE:
      case DATE:
        skip(8)
        break
      case ONE_BYTE_STRING:
      case TWO_BYTE_STRING:
      case UTF8_STRING:
      case ARRAY_BUFFER:
        skip(varint())
        break
      case RESIZABLE_BUFFER: {
        const size = varint()
        reserved += varint()
        if (reserved > MAX_RESERVED) throw damaged()
        skip(size)
        break
      }
      case HOST_OBJECT:
        varint()
        skip(varint())
        break
      case BIGINT_TAG: {
        const size = varint() >>> 1
        if (size * 8 > MAX_BIGINT_BITS) throw hugeBigint()
        skip(size)
        break
      }
      case REGEXP: {
        let token = byte()
        if (token === PADDING) token = byte()
        if (token !== ONE_BYTE_STRING && token !== TWO_BYTE_STRING && token !== UTF8_STRING) throw damaged()
        skip(varint())
        varint()
        break
      }
      case DENSE_ARRAY:
      case SPARSE_ARRAY:
        // Every item takes a byte at least, holes too, as V8Coder writes no arrays with holes.
        items += varint()
        if (items > bytes.length) throw damaged()
        if (++depth > MAX_DEPTH) throw tooDeep()
        break
      case OBJECT:
      case MAP:
      case SET_TAG:
        if (++depth > MAX_DEPTH) throw tooDeep()
        break
      case END_DENSE_ARRAY:
      case END_SPARSE_ARRAY:
        varint()
        varint()
        depth--
        break
      case END_OBJECT:
      case END_MAP:
      case END_SET:
        varint()
        depth--
        break
      default:
        throw damaged()
    }
  }
  return hasReferences
}

// V8's tags (src/objects/value-serializer.cc). Numbers, as a switch over text takes three times as long (node 20).
const PADDING = 0x00
const HOLE = 0x2d
const UNDEFINED_TAG = 0x5f
const NULL = 0x30
const TRUE = 0x54
const FALSE = 0x46
const INT32 = 0x49
const UINT32 = 0x55
const DOUBLE = 0x4e
const DATE = 0x44
const BIGINT_TAG = 0x5a
const ONE_BYTE_STRING = 0x22
const TWO_BYTE_STRING = 0x63
const UTF8_STRING = 0x53
const REFERENCE = 0x5e
const OBJECT = 0x6f
const END_OBJECT = 0x7b
const SPARSE_ARRAY = 0x61
const END_SPARSE_ARRAY = 0x40
const DENSE_ARRAY = 0x41
const END_DENSE_ARRAY = 0x24
const REGEXP = 0x52
const MAP = 0x3b
const END_MAP = 0x3a
const SET_TAG = 0x27
const END_SET = 0x2c
const ARRAY_BUFFER = 0x42
const RESIZABLE_BUFFER = 0x7e
const HOST_OBJECT = 0x5c

function hugeBigint(): CoderError {
  return new CoderError(`The stored value has a bigint of more than ${MAX_BIGINT_BITS} bits, which no coder writes.`)
}

function damaged(): CoderError {
  return new CoderError('The stored value is cut short, damaged, or was written by something else.')
}
