import { fromWellFormed } from '../../lib/entry/keys.ts'
import { wellFormedStart } from '../shared/key-range.ts'
import type { RedisClient } from './client.ts'
import { pageOf } from './replies.ts'

const PAGE_SIZE = 1000
const GLOB = /[\\*?[\]]/g

/** A key of the server. */
export interface ScannedKey {
  readonly key: string
  /** The key as the commands of the client take it. It need not be text that we wrote. */
  readonly bytes: Buffer
}

/** Goes through the keys of one server that begin with a prefix, page by page, without holding it up. */
export class Scan {
  readonly #client: RedisClient
  readonly #prefix: string
  readonly #pattern: string
  readonly #skip: number
  #cursor: string | undefined = '0'

  /** @param keyPrefix what ioredis puts before keys, but not before patterns; nor does it take it off the keys it lists */
  constructor(client: RedisClient, prefix: string, keyPrefix = '') {
    this.#client = client
    this.#prefix = prefix
    this.#pattern = `${(keyPrefix + wellFormedStart(prefix)).replace(GLOB, '\\$&')}*`
    this.#skip = Buffer.byteLength(keyPrefix)
  }

  get isDone(): boolean {
    return this.#cursor === undefined
  }

  /** The next page: some keys, or none. */
  async next(): Promise<ScannedKey[]> {
    const reply = await this.#client.scanBuffer(this.#cursor ?? '0', 'MATCH', this.#pattern, 'COUNT', PAGE_SIZE)
    const [cursor, page] = pageOf(reply)
    this.#cursor = cursor === '0' ? undefined : cursor
    return page.map((name) => this.#found(name)).filter(({ key }) => key.startsWith(this.#prefix))
  }

  #found(name: Buffer): ScannedKey {
    const bytes = name.subarray(this.#skip)
    return { key: fromWellFormed(bytes.toString()), bytes }
  }
}
