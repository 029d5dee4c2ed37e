import { type Answer, andThen } from '../../lib/core/flow.ts'
import type { Mode } from '../../lib/core/types.ts'
import { fromWellFormed } from '../../lib/entry/keys.ts'
import type { Row } from './connection.ts'
import { PAGE_KEYS } from './table.ts'

type Result = IteratorResult<string, undefined>

/**
 * The keys of a range, one by one, in either colour. They are read a page at a time, and between two pages nothing is held open.
 */
export class Listing {
  readonly #mode: Mode
  readonly #read: (from: string) => Answer<Row[]>
  #from: string
  #page: readonly Row[] = []
  #next = 0
  #isLast = false

  /**
   * @param from where it begins
   * @param read gives the first rows from a key on
   */
  constructor(mode: Mode, from: string, read: (from: string) => Answer<Row[]>) {
    this.#mode = mode
    this.#from = from
    this.#read = read
  }

  [Symbol.iterator](): this {
    return this
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Answer<Result> {
    const result = this.#take() ?? andThen(this.#read(this.#from), (page) => this.#turn(page))
    return this.#mode === 'async' ? Promise.resolve(result) : result
  }

  #take(): Result | undefined {
    const row = this.#page[this.#next++]
    if (row !== undefined) return { done: false, value: fromWellFormed(String(row.key)) }
    return this.#isLast ? { done: true, value: undefined } : undefined
  }

  #turn(page: readonly Row[]): Result {
    this.#page = page
    this.#next = 0
    this.#isLast = page.length < PAGE_KEYS
    // The least text that comes after the last key.
    this.#from = `${page.at(-1)?.key}\0`
    return this.#take() ?? { done: true, value: undefined }
  }
}
