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
class Scan {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.at
  }

  byte(): number {
    return this.number(1)
  }

  /** A big-endian number of 1, 2 or 4 bytes. */
  number(size: number): number {
    this.skip(size)
    return this.#bytes.readUIntBE(this.at - size, size)
  }

  skip(size: number): void {
    if (size > this.left) throw damaged()
    this.at += size
  }

  /** A number of 32 bits, 7 in each byte, the lowest first. */
  varint(): number {
    let value = 0
    for (let weight = 1; weight <= 2 ** 28; weight *= 128) {
      const byte = this.byte()
      value += (byte & 127) * weight
      if (byte < 128) return value
    }
    throw damaged()
  }
}

// msgpackr's extensions, of those that MsgpackCoder lets it write.
const BIGINT = 0x42
const RECORD = 0x72
const SET = 0x73
const TYPED_ARRAY = 0x74
const UNDEFINED = 0x00
const TIMESTAMP = 0xff

/** Throws `CoderError` for MessagePack data that would cost more than its bytes, or that MsgpackCoder never writes. */
export function scanMsgpack(bytes: Buffer): void {
  const scan = new Scan(bytes)
  /** How many values are still to come, in all and in each container around the next one. */
  let pending = 1
  const containers = [1]
  /** How many fields the records have that were defined so far: a byte stands for each of them from then on. */
  const records = new Map<number, number>()

  const open = (count: number): void => {
    pending += count
    if (pending > scan.left) throw damaged()
    if (containers.length > MAX_DEPTH) throw tooDeep()
    containers.push(count)
  }
  const extension = (size: number): void => {
    const type = scan.byte()
    if (type !== BIGINT && type !== TYPED_ARRAY && type !== TIMESTAMP) throw damaged()
    // The sign takes some more bytes.
    if (type === BIGINT && (size - 16) * 8 > MAX_BIGINT_BITS) throw hugeBigint()
    scan.skip(size)
  }
  const smallExtension = (): void => {
    const type = scan.byte()
    if (type === SET) {
      scan.skip(1)
      open(1)
    } else if (type === RECORD) {
      record(scan.byte() & 0x3f)
    } else {
      if (type !== UNDEFINED && type !== TYPED_ARRAY && type !== BIGINT) throw damaged()
      scan.skip(1)
    }
  }
  const record = (id: number): void => {
    const token = scan.byte()
    const fields =
      token >= 0x90 && token < 0xa0
        ? token & 15
        : token === 0xdc
          ? scan.number(2)
          : token === 0xdd
            ? scan.number(4)
            : -1
    if (fields < 0) throw damaged()
    records.set(id, fields)
    open(fields * 2)
  }

  while (pending > 0) {
    while (containers.at(-1) === 0) containers.pop()
    containers[containers.length - 1]!--
    pending--
    const token = scan.byte()
    if (token < 0x40 || token >= 0xe0) continue
    if (token < 0x80) open(records.get(token & 0x3f) ?? 0)
    else if (token < 0x90) open((token & 15) * 2)
    else if (token < 0xa0) open(token & 15)
    else if (token < 0xc0) scan.skip(token & 31)
    else if (token === 0xd4) smallExtension()
    else if (token >= 0xd5 && token <= 0xd8) extension(2 ** (token - 0xd4))
    else if (token >= 0xc7 && token <= 0xc9) extension(scan.number(2 ** (token - 0xc7)))
    else if (token === 0xdc || token === 0xdd) open(scan.number(token === 0xdc ? 2 : 4))
    else if (token === 0xde || token === 0xdf) open(2 * scan.number(token === 0xde ? 2 : 4))
    else if (token >= 0xd9 || (token >= 0xc4 && token <= 0xc6))
      scan.skip(scan.number(2 ** (token >= 0xd9 ? token - 0xd9 : token - 0xc4)))
    else if (token >= 0xca) scan.skip(NUMBER_SIZES[token - 0xca]!)
    else if (token === 0xc1) throw damaged()
  }
}

/** The sizes of numbers, from the token 0xca (a float) on. */
const NUMBER_SIZES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

/** A resizable ArrayBuffer reserves memory for the size that it may grow to. */
const MAX_RESERVED = 64 * 1024 * 1024

/**
 * Throws `CoderError` for data in V8's format that would cost more than its bytes, or that V8Coder never writes.
 * @returns whether the data has references in it, by which parts may lie deeper than they are written
 */
export function scanV8(bytes: Buffer): boolean {
  const scan = new Scan(bytes)
  let depth = 0
  let items = 0
  let reserved = 0
  let hasReferences = false
  /** Items that an array announces; a hole takes a byte too, as V8Coder writes no sparse arrays. */
  const announce = (count: number): void => {
    items += count
    if (items > bytes.length) throw damaged()
  }
  const begin = (): void => {
    if (++depth > MAX_DEPTH) throw tooDeep()
  }

  scan.skip(2)
  while (scan.left > 0) {
    switch (String.fromCharCode(scan.byte())) {
      case '\0':
      case '-':
      case '_':
      case '0':
      case 'T':
      case 'F':
        break
      case 'I':
      case 'U':
        scan.varint()
        break
      case '^':
        hasReferences = true
        scan.varint()
        break
      case 'N':
      case 'D':
        scan.skip(8)
        break
      case '"':
      case 'c':
      case 'S':
      case 'B':
        scan.skip(scan.varint())
        break
      case '~': {
        const size = scan.varint()
        reserved += scan.varint()
        if (reserved > MAX_RESERVED) throw damaged()
        scan.skip(size)
        break
      }
      case '\\':
        scan.varint()
        scan.skip(scan.varint())
        break
      case 'Z': {
        const size = scan.varint() >>> 1
        if (size * 8 > MAX_BIGINT_BITS) throw hugeBigint()
        scan.skip(size)
        break
      }
      case 'R': {
        let token = scan.byte()
        if (token === 0) token = scan.byte()
        if (!'"cS'.includes(String.fromCharCode(token))) throw damaged()
        scan.skip(scan.varint())
        scan.varint()
        break
      }
      case 'A':
      case 'a':
        announce(scan.varint())
        begin()
        break
      case 'o':
      case ';':
      case "'":
        begin()
        break
      case '$':
      case '@':
        scan.varint()
        scan.varint()
        depth--
        break
      case '{':
      case ':':
      case ',':
        scan.varint()
        depth--
        break
      default:
        throw damaged()
    }
  }
  return hasReferences
}

function hugeBigint(): CoderError {
  return new CoderError(`The stored value has a bigint of more than ${MAX_BIGINT_BITS} bits, which no coder writes.`)
}

function damaged(): CoderError {
  return new CoderError('The stored value is cut short, damaged, or was written by something else.')
}
