import { performance } from 'node:perf_hooks'
import type { ByteStore } from '../../../lib/adapter/byte-store.ts'
import { AdapterError } from '../../../lib/core/errors.ts'

/** A page ends after this many keys, or after this many ms. */
const PAGE = 1000
const PAGE_MS = 100

/** The next keys of a listing. */
export interface Page {
  readonly keys: readonly string[]
  readonly isLast: boolean
}

/** Listings of keys, page by page: a listing goes on whenever the caller asks for the next page. */
export class Listings {
  readonly #store: ByteStore<'async'>
  readonly #open = new Map<number, AsyncIterator<string>>()

  constructor(store: ByteStore<'async'>) {
    this.#store = store
  }

  /** The next page of a listing. The request for the first page has the prefix, and begins the listing. */
  async page(id: number, prefix: string | undefined): Promise<Page> {
    const iterator = prefix === undefined ? this.#open.get(id) : this.#begin(id, prefix)
    if (iterator === undefined)
      throw new AdapterError('The listing of keys ended with its worker, which was restarted. List again.')

    const keys: string[] = []
    const until = performance.now() + PAGE_MS
    while (keys.length < PAGE && performance.now() < until) {
      const step = await iterator.next()
      if (step.done) {
        this.#open.delete(id)
        return { keys, isLast: true }
      }
      keys.push(step.value)
    }
    return { keys, isLast: false }
  }

  /** Ends a listing that its caller has left before the end. */
  async end(id: number): Promise<void> {
    const iterator = this.#open.get(id)
    this.#open.delete(id)
    await iterator?.return?.()
  }

  #begin(id: number, prefix: string): AsyncIterator<string> {
    const iterator = this.#store.list!(prefix)[Symbol.asyncIterator]()
    this.#open.set(id, iterator)
    return iterator
  }
}
