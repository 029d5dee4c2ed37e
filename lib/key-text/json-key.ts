import { isPlainText, leafText } from './leaf.ts'
import { KeyWriter, type Writing } from './writer.ts'

/** The format of the Python predecessor, never shortened. */
export const EXACT: Writing = { isTyped: false, isHashed: false }

/**
 * Returns the canonical JSON text of arguments: `[1,"hi"]`. Equal arguments have the same text in every process and version
 * and on every platform, and different arguments have different texts. Throws a `TypeError` that names the place of anything
 * without comparable data: functions, symbols, instances of unknown classes, cycles. Also throws if the text is longer than
 * 16 million characters.
 *
 * Options passed as `kw(...)` in the last argument are kept apart: `{"*":[1],"**":{"hi":"hello"}}`.
 */
export function jsonKey(...args: readonly unknown[]): string {
  return textOf(args, EXACT)
}

/** `jsonKey(...args, kw(kwargs))`, with the arguments in an array and the options in an object. */
export function jsonKeyKw(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>> = {}): string {
  return textWithKeywords(args, kwargs, EXACT)
}

/** Options that a key keeps apart from the arguments before them, like Python's keyword arguments. Created by `kw`. */
export class KeywordArguments {
  readonly kwargs: Readonly<Record<string, unknown>>

  constructor(kwargs: Readonly<Record<string, unknown>>) {
    if (typeof kwargs !== 'object' || kwargs === null || Array.isArray(kwargs))
      throw new TypeError('kw takes an object of options: kw({ limit: 10 }).')
    this.kwargs = kwargs
  }

  /** Called if the options are anywhere but in the last argument. */
  toJSON(): never {
    throw new TypeError('The result of kw(...) must be the last argument of a key function.')
  }
}

/** Marks an object, the last argument of a key function, as keyword arguments. */
export function kw(kwargs: Readonly<Record<string, unknown>>): KeywordArguments {
  return new KeywordArguments(kwargs)
}

/** Returns the canonical text of arguments. */
export function textOf(args: readonly unknown[], writing: Writing): string {
  const first = args[0]
  // Fast path for the most common case: 30 ns instead of 48 (20 characters, node 20).
  if (args.length === 1 && typeof first === 'string' && isPlainText(first)) return `["${first}"]`

  let text = '['
  for (let i = 0; i < args.length; i++) {
    const leaf = leafText(args[i])
    if (leaf === undefined) return nestedTextOf(args, writing)
    text += i === 0 ? leaf : `,${leaf}`
  }
  return `${text}]`
}

function nestedTextOf(args: readonly unknown[], writing: Writing): string {
  const last = args.at(-1)
  return last instanceof KeywordArguments
    ? textWithKeywords(args.slice(0, -1), last.kwargs, writing)
    : new KeyWriter('args', writing).items(args)
}

function textWithKeywords(
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  writing: Writing,
): string {
  const items = new KeyWriter('args', writing).items(args)
  const options = new KeyWriter('kwargs', writing).record(kwargs)
  if (options === '{}') return items
  return args.length === 0 ? `{"**":${options}}` : `{"*":${items},"**":${options}}`
}
