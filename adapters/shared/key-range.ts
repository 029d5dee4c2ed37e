import { toWellFormed } from '../../lib/entry/keys.ts'

const OPEN_SURROGATE = /[\ud800-\udbff]$/
const LAST_POINT = 0x10ffff
const BEFORE_SURROGATES = 0xd7ff
const AFTER_SURROGATES = 0xe000

/** The keys that begin with a prefix, as a range of well-formed text in the order of code points (which is that of UTF-8). */
export interface KeyRange {
  readonly from: string
  /** The first text after the range; `undefined` if there is none. */
  readonly to: string | undefined
}

/** The range of a prefix. It may hold keys that do not begin with the prefix if that ends in half a surrogate pair. */
export function keyRange(prefix: string): KeyRange {
  const from = wellFormedStart(prefix)
  return { from, to: endOf(from) }
}

/** The start of every well-formed key that begins with a prefix. Half a surrogate pair at its end is part of another character in UTF-8. */
export function wellFormedStart(prefix: string): string {
  return toWellFormed(prefix.replace(OPEN_SURROGATE, ''))
}

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
