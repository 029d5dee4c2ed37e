import { fromWellFormed, toWellFormed } from '../../lib/entry/keys.ts'
import type { RedisClient } from './client.ts'

const PAGE_SIZE = 1000
const GLOB = /[\\*?[\]]/g
const OPEN_SURROGATE = /[\ud800-\udbff]$/

/** A key that was found. */
export interface Found {
  readonly key: string
  /** The key as the commands of the client take it. They need not be text that we wrote. */
  readonly bytes: Buffer
}

/** Goes through the keys of one server that begin with a prefix, page by page, without holding it up. */
export class Scan {
  readonly #client: RedisClient
  readonly #prefix: string
  readonly #pattern: string
  readonly #skip: number
  #cursor: string | undefined = '0'

  /** @param keyPrefix what ioredis puts in front of keys, but not of patterns; nor does it take it off what is found */
  constructor(client: RedisClient, prefix: string, keyPrefix = '') {
    // The first half of a surrogate pair is part of another character in UTF-8: it is looked for in what is found.
    const sought = keyPrefix + toWellFormed(prefix.replace(OPEN_SURROGATE, ''))
    this.#client = client
    this.#prefix = prefix
    this.#pattern = `${sought.replace(GLOB, '\\$&')}*`
    this.#skip = Buffer.byteLength(keyPrefix)
  }

  get isDone(): boolean {
    return this.#cursor === undefined
  }

  /** The next page: some keys, or none. */
  async next(): Promise<Found[]> {
    const [cursor, page] = await this.#client.scanBuffer(
      this.#cursor ?? '0',
      'MATCH',
      this.#pattern,
      'COUNT',
      PAGE_SIZE,
    )
    const next = cursor.toString()
    this.#cursor = next === '0' ? undefined : next
    return page.map((name) => this.#found(name)).filter(({ key }) => key.startsWith(this.#prefix))
  }

  #found(name: Buffer): Found {
    const bytes = name.subarray(this.#skip)
    return { key: fromWellFormed(bytes.toString()), bytes }
  }
}
