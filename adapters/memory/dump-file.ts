import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { CoderError } from '../../lib/core/errors.ts'

/**
 * The file of a dump: a line that says what it is, the entries one after the other, their number, and the SHA-256 of all that.
 *
 * An entry is how long its key and its stored form are, what it weighs, how long it was given to live (infinite when that is not
 * known), its key in UTF-8, and its stored form.
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

/** So much is gathered before it is written. */
const CHUNK = 2 ** 16

/** Writes a dump from its beginning to its end. */
export class DumpWriter {
  readonly #file: FileHandle
  readonly #hash: Hash = createHash('sha256')
  #gathered: Buffer[] = [TITLE]
  #size = TITLE.length
  #count = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** Adds an entry, and answers what to wait for when it is time to, as the disk is slower. */
  add({ key, wire, weight, ttl }: DumpRecord): Promise<void> | undefined {
    const head = Buffer.allocUnsafe(HEAD)
    head.writeUInt32LE(key.length, 0)
    head.writeUInt32LE(wire.length, 4)
    head.writeDoubleLE(weight, 8)
    head.writeDoubleLE(ttl, 16)
    this.#gathered.push(head, key, wire)
    this.#size += HEAD + key.length + wire.length
    this.#count++
    return this.#size < CHUNK ? undefined : this.#flush()
  }

  /** Writes the end, and waits until all of it is on the disk. */
  async end(): Promise<void> {
    const count = Buffer.alloc(COUNT)
    count.writeUInt32LE(this.#count)
    this.#gathered.push(count)
    await this.#flush()
    await this.#file.writeFile(this.#hash.digest())
    await this.#file.sync()
  }

  async #flush(): Promise<void> {
    const chunk = Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#size = 0
    this.#hash.update(chunk)
    await this.#file.writeFile(chunk)
  }
}

/** Reads a dump: all of it once to see that it is whole, and then its entries. */
export class DumpReader {
  readonly #file: FileHandle
  readonly #path: string
  /** Where the entries end. */
  #end = 0

  constructor(file: FileHandle, path: string) {
    this.#file = file
    this.#path = path
  }

  /** What the entries weigh, in their order. Throws `CoderError` when the file is damaged, cut off, or no dump. */
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

  /** The entries in their order, as many at a time as came from the disk together. */
  async *records(hash?: Hash): AsyncGenerator<DumpRecord[], void, undefined> {
    if (this.#end === TITLE.length) return
    const range = { start: TITLE.length, end: this.#end - 1, highWaterMark: CHUNK, autoClose: false }
    let gathered: Buffer[] = []
    let size = 0
    let needed = HEAD
    for await (const chunk of this.#file.createReadStream(range) as AsyncIterable<Buffer>) {
      hash?.update(chunk)
      gathered.push(chunk)
      size += chunk.length
      if (size < needed) continue

      const { records, rest, next } = recordsIn(Buffer.concat(gathered))
      gathered = [rest]
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
    return this.#error('is damaged or cut off')
  }

  #error(what: string): CoderError {
    return new CoderError(`The file ${this.#path} ${what}. Nothing was loaded from it.`, undefined, 'E_DUMP')
  }
}

/** The entries at the beginning of some bytes, what is left of these, and how many it takes for the next entry. */
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
