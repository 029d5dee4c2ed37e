import { isPlainText, leafText } from './leaf.ts'
import { KeyWriter } from './writer.ts'

/**
 * The canonical JSON text of arguments: `[1,"hi"]`. Equal arguments have the same text in every process, version and on
 * every platform, and different ones never do. Throws a `TypeError` that says where for what has no value to compare:
 * functions, symbols, instances of unknown classes, cycles.
 *
 * Options given by `kw` as the last argument stand apart: `{"*":[1],"**":{"hi":"hello"}}`.
 */
export function jsonKey(...args: readonly unknown[]): string {
  return textOf(args, false)
}

/** The same with the arguments in an array and the options in an object, as `jsonKey(...args, kw(kwargs))`. */
export function jsonKeyKw(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>> = {}): string {
  return textWithKeywords(args, kwargs, false)
}

/** Options that a key tells from the arguments before them, as Python does with keyword arguments. Made by `kw`. */
export class KeywordArguments {
  readonly kwargs: Readonly<Record<string, unknown>>

  constructor(kwargs: Readonly<Record<string, unknown>>) {
    if (typeof kwargs !== 'object' || kwargs === null || Array.isArray(kwargs))
      throw new TypeError('kw takes an object of options: kw({ limit: 10 }).')
    this.kwargs = kwargs
  }

  /** Called when they are met anywhere but at the end. */
  toJSON(): never {
    throw new TypeError('What kw(...) gives must be the last argument of a key function.')
  }
}

/** Marks an object, the last argument of a key function, as keyword arguments. */
export function kw(kwargs: Readonly<Record<string, unknown>>): KeywordArguments {
  return new KeywordArguments(kwargs)
}

/** The canonical text of arguments; `isTyped` also tells classes of the same data apart. */
export function textOf(args: readonly unknown[], isTyped: boolean): string {
  const first = args[0]
  // The commonest of all: put together at once it takes 30 ns, from its parts 48 (20 characters, node 20).
  if (args.length === 1 && typeof first === 'string' && isPlainText(first)) return `["${first}"]`

  let text = '['
  for (let i = 0; i < args.length; i++) {
    const leaf = leafText(args[i])
    if (leaf === undefined) return nestedTextOf(args, isTyped)
    text += i === 0 ? leaf : `,${leaf}`
  }
  return `${text}]`
}

function nestedTextOf(args: readonly unknown[], isTyped: boolean): string {
  const last = args.at(-1)
  return last instanceof KeywordArguments
    ? textWithKeywords(args.slice(0, -1), last.kwargs, isTyped)
    : new KeyWriter('args', isTyped).items(args)
}

function textWithKeywords(
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  isTyped: boolean,
): string {
  const items = new KeyWriter('args', isTyped).items(args)
  const options = new KeyWriter('kwargs', isTyped).record(kwargs)
  if (options === '{}') return items
  return args.length === 0 ? `{"**":${options}}` : `{"*":${items},"**":${options}}`
}
