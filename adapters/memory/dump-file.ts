import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { CoderError } from '../../lib/core/errors.ts'

/**
 * An entry in the file of a dump.
 *
 * The file is a title line, the entries, their number (4 bytes), and the SHA-256 of everything before it. An entry is the
 * length of its key and of its wire form (4 bytes each), its weight and its TTL in ms (8 bytes each, as doubles; infinite if
 * the TTL is not known), its key in UTF-8, and its wire form. Numbers are little-endian.
 */
export interface DumpRecord {
  readonly key: Buffer
  readonly wire: Buffer
  readonly weight: number
  readonly ttl: number
}

const TITLE = Buffer.from('polycache dump 1\n')
const HEAD = 24
const COUNT = 4
const DIGEST = 32

/** The number of bytes that are collected before they are written, and read at once. */
const CHUNK = 2 ** 16

/** Writes a dump from its beginning to its end. */
export class DumpWriter {
  readonly #file: FileHandle
  readonly #hash: Hash = createHash('sha256')
  #pending: Buffer[] = [TITLE]
  #size = TITLE.length
  #count = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** Adds an entry. Returns a promise if the caller should wait for the disk. */
  add({ key, wire, weight, ttl }: DumpRecord): Promise<void> | undefined {
    const head = Buffer.allocUnsafe(HEAD)
    head.writeUInt32LE(key.length, 0)
    head.writeUInt32LE(wire.length, 4)
    head.writeDoubleLE(weight, 8)
    head.writeDoubleLE(ttl, 16)
    this.#pending.push(head, key, wire)
    this.#size += HEAD + key.length + wire.length
    this.#count++
    return this.#size < CHUNK ? undefined : this.#flush()
  }

  /** Completes the file, and waits until all of it is on the disk. */
  async end(): Promise<void> {
    const count = Buffer.alloc(COUNT)
    count.writeUInt32LE(this.#count)
    this.#pending.push(count)
    await this.#flush()
    await this.#file.writeFile(this.#hash.digest())
    await this.#file.sync()
  }

  async #flush(): Promise<void> {
    const chunk = Buffer.concat(this.#pending)
    this.#pending = []
    this.#size = 0
    this.#hash.update(chunk)
    await this.#file.writeFile(chunk)
  }
}

/** Reads a dump twice: first `weights`, which verifies all of it, then `records`. */
export class DumpReader {
  readonly #file: FileHandle
  readonly #path: string
  /** The offset at which the entries end. */
  #end = 0

  constructor(file: FileHandle, path: string) {
    this.#file = file
    this.#path = path
  }

  /** The weights of the entries, in their order. Throws `CoderError` if the file is damaged, truncated, or not a dump. */
  async weights(): Promise<number[]> {
    const { size } = await this.#file.stat()
    const title = await this.#bytes(0, TITLE.length)
    if (!title.equals(TITLE)) throw this.#error('is not a dump that this version of polycache can read')
    this.#end = size - COUNT - DIGEST
    if (this.#end < TITLE.length) throw this.#damaged()

    const hash = createHash('sha256').update(title)
    const weights: number[] = []
    for await (const records of this.records(hash)) for (const { weight } of records) weights.push(weight)
    const count = await this.#bytes(this.#end, COUNT)
    const digest = await this.#bytes(this.#end + COUNT, DIGEST)
    if (!hash.update(count).digest().equals(digest) || count.readUInt32LE() !== weights.length) throw this.#damaged()
    return weights
  }

  /** The entries in their order, in batches as they come from the disk. */
  async *records(hash?: Hash): AsyncGenerator<DumpRecord[], void, undefined> {
    if (this.#end === TITLE.length) return
    const range = { start: TITLE.length, end: this.#end - 1, highWaterMark: CHUNK, autoClose: false }
    let pending: Buffer[] = []
    let size = 0
    let needed = HEAD
    for await (const chunk of this.#file.createReadStream(range) as AsyncIterable<Buffer>) {
      hash?.update(chunk)
      pending.push(chunk)
      size += chunk.length
      if (size < needed) continue

      const { records, rest, next } = recordsIn(Buffer.concat(pending))
      pending = [rest]
      size = rest.length
      needed = next
      yield records
    }
    if (size !== 0) throw this.#damaged()
  }

  async #bytes(start: number, length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(length), 0, length, start)
    return buffer.subarray(0, bytesRead)
  }

  #damaged(): CoderError {
    return this.#error('is damaged or truncated')
  }

  #error(what: string): CoderError {
    return new CoderError(`The file ${this.#path} ${what}. Nothing was loaded from it.`, undefined, 'E_DUMP')
  }
}

/** The complete entries in some bytes, the rest of the bytes, and the length that the rest must reach for another entry. */
function recordsIn(bytes: Buffer): { records: DumpRecord[]; rest: Buffer; next: number } {
  const records: DumpRecord[] = []
  let at = 0
  for (;;) {
    const left = bytes.length - at
    if (left < HEAD) return { records, rest: bytes.subarray(at), next: HEAD }
    const key = at + HEAD
    const wire = key + bytes.readUInt32LE(at)
    const end = wire + bytes.readUInt32LE(at + 4)
    if (end > bytes.length) return { records, rest: bytes.subarray(at), next: end - at }
    records.push({
      key: bytes.subarray(key, wire),
      wire: bytes.subarray(wire, end),
      weight: bytes.readDoubleLE(at + 8),
      ttl: bytes.readDoubleLE(at + 16),
    })
    at = end
  }
}
