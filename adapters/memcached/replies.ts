/** Bytes that no memcached server should send here. After them, no reply on that connection can be trusted. */
export class Garbled extends Error {
  constructor(said: string) {
    super(`it said ${JSON.stringify(said.slice(0, 60))}`)
  }
}

/** Receives each reply: its line, and its data if it has some. */
export type Take = (line: string, data: Buffer | undefined) => void

/** No line is longer: it repeats a key and a few numbers. */
const LONGEST_LINE = 1024
/** No server keeps larger values (`-I` takes no more). */
const LARGEST_VALUE = 2 ** 30
const CR = 13
const LF = 10
const VALUE = /^VA (\d+) /

/**
 * Cuts the bytes of a connection into replies: a line that ends with CR LF and, if it begins with `VA` and a length, that
 * number of bytes and another CR LF. The content of the data does not matter. The data are views of the received bytes.
 */
export class Replies {
  readonly #take: Take
  #held: Buffer[] = []
  #size = 0
  /** How many bytes have to be there before parsing is worth another try. */
  #needed = 0

  constructor(take: Take) {
    this.#take = take
  }

  /** Adds received bytes, and passes on the replies that they complete. Throws `Garbled`. */
  push(bytes: Buffer): void {
    this.#size += bytes.length
    if (this.#size < this.#needed) {
      this.#held.push(bytes)
      return
    }
    const all = this.#held.length === 0 ? bytes : Buffer.concat([...this.#held, bytes], this.#size)
    const rest = all.subarray(this.#parse(all))
    this.#held = rest.length === 0 ? [] : [rest]
    this.#size = rest.length
  }

  /** Passes on every complete reply, and returns where they end. */
  #parse(bytes: Buffer): number {
    let at = 0
    this.#needed = 0
    while (at < bytes.length) {
      const end = bytes.indexOf(LF, at)
      if (end < 0 && bytes.length - at < LONGEST_LINE) return at
      if (end < 0 || end - at > LONGEST_LINE || bytes[end - 1] !== CR)
        throw new Garbled(bytes.toString('latin1', at, at + 60))

      const line = bytes.toString('latin1', at, end - 1)
      const begin = end + 1
      if (!line.startsWith('VA ')) {
        this.#take(line, undefined)
        at = begin
        continue
      }
      const stop = begin + lengthIn(line)
      if (bytes.length < stop + 2) {
        this.#needed = stop + 2 - at
        return at
      }
      if (bytes[stop] !== CR || bytes[stop + 1] !== LF) throw new Garbled(line)
      this.#take(line, bytes.subarray(begin, stop))
      at = stop + 2
    }
    return at
  }
}

function lengthIn(line: string): number {
  const length = Number(VALUE.exec(line)?.[1] ?? Number.NaN)
  if (!(length <= LARGEST_VALUE)) throw new Garbled(line)
  return length
}
