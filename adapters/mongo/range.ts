import { fromWellFormed, toWellFormed } from '../../lib/entry/keys.ts'
import type { Filter, Found, MongoCollection } from './client.ts'

/** So many keys are asked for together. */
export const PAGE = 1000

const OPEN_SURROGATE = /[\ud800-\udbff]$/
const LAST_POINT = 0x10ffff
const BEFORE_SURROGATES = 0xd7ff
const AFTER_SURROGATES = 0xe000

/**
 * The keys that begin with a prefix, a page at a time, in their order: by range, which the index on `_id` answers, and no
 * cursor stays open between two pages. MongoDB orders text by its code points, as UTF-8 does.
 */
export class Range {
  readonly #prefix: string
  readonly #end: string | undefined
  #from: Filter
  isDone = false

  constructor(prefix: string) {
    // The first half of a surrogate pair is part of another character in UTF-8: it is looked for in what is found.
    const start = toWellFormed(prefix.replace(OPEN_SURROGATE, ''))
    this.#prefix = prefix
    this.#from = { $gte: start }
    this.#end = endOf(start)
  }

  /** The names of the next page of documents: some, or none. */
  async next(collection: MongoCollection): Promise<string[]> {
    // A range meets values of its own type only, here text.
    const range = this.#end === undefined ? this.#from : { ...this.#from, $lt: this.#end }
    const page = { projection: { _id: 1 }, sort: { _id: 1 }, limit: PAGE, batchSize: PAGE } as const
    const found = await collection.find({ _id: range }, page).toArray()
    const names = found.map(nameOf)
    this.#from = { $gt: names.at(-1) }
    this.isDone = names.length < PAGE
    return names.filter((name) => fromWellFormed(name).startsWith(this.#prefix))
  }
}

const nameOf = ({ _id }: Found): string => _id as string

/** The least text that comes after every text that begins with `prefix`; `undefined` when there is none. */
function endOf(prefix: string): string | undefined {
  let head = prefix
  while (head !== '') {
    const last = lastPointOf(head)
    head = head.slice(0, last > 0xffff ? -2 : -1)
    if (last < LAST_POINT) return head + String.fromCodePoint(last === BEFORE_SURROGATES ? AFTER_SURROGATES : last + 1)
  }
  return undefined
}

function lastPointOf(text: string): number {
  const pair = text.codePointAt(text.length - 2) ?? 0
  return pair > 0xffff ? pair : text.charCodeAt(text.length - 1)
}
