import { inspect } from 'node:util'
import { CacheNotFound } from '../../core/errors.ts'
import { quoted } from '../../core/quoted.ts'
import type { Entry, VersionedEntry } from '../../core/types.ts'
import type { Sight } from '../base/observed.ts'

/** How a verb ended. */
export interface Outcome {
  /** In a word or a few: `'hit'`, `'miss'`, `'stored'`, `'failed'`... */
  readonly outcome: string
  /** The value that was given or stored, if there is one to be shown. */
  readonly value?: unknown
}

/** Stands for the fallback of a `get`, so that a miss can be told from a value. */
export const NOTHING = Symbol('nothing')

const found = (value: unknown): Outcome => (value === undefined ? { outcome: 'miss' } : { outcome: 'hit', value })
const done = (): Outcome => ({ outcome: 'done' })

/** Says how a verb ended, by what it answered and was given. */
export type OutcomeOf = (answer: unknown, args: readonly unknown[]) => Outcome

/** How users' verbs end. */
export const OUTCOMES: Readonly<Record<string, OutcomeOf>> = {
  getOrFail: (value) => ({ outcome: 'hit', value }),
  has: (is) => ({ outcome: is === true ? 'hit' : 'miss' }),
  ttl: (left) => ({ outcome: left === undefined ? 'miss' : `hit, ${left === null ? 'no limit' : `${left} s left`}` }),
  set: (_, [, value]) => ({ outcome: 'stored', value }),
  add: (isNew, [, value]) => (isNew === true ? { outcome: 'stored', value } : { outcome: 'not stored, one was there' }),
  remove: (all) => ({ outcome: all === true ? 'removed' : 'removed, not all were there' }),
  pull: found,
  updateTimeout: (value) => ({ outcome: 'hit', value }),
  increment: (value) => ({ outcome: 'stored', value }),
  decrement: (value) => ({ outcome: 'stored', value }),
  getMany: (values) => ({ outcome: some(values as unknown[]), value: values }),
  setMany: (_, [entries]) => ({ outcome: 'stored', value: entries }),
  getOrSetMany: (values) => ({ outcome: 'given', value: values }),
  clear: () => ({ outcome: 'cleared' }),
  connect: done,
  ping: done,
  close: done,
}

/** How what went through to the store ended. */
export function outcomeOf({ verb, answer, written }: Sight, isFresh: (entry: unknown) => boolean): Outcome {
  switch (verb) {
    case 'at hand':
      return { outcome: 'hit', value: (answer as Entry).value }
    case 'read': {
      if (Array.isArray(answer)) return { outcome: some(answer.map((entry) => (isFresh(entry) ? entry : undefined))) }
      return isFresh(answer) ? { outcome: 'hit', value: (answer as Entry).value } : { outcome: 'miss' }
    }
    case 'look': {
      const { entry } = answer as VersionedEntry
      return isFresh(entry) ? { outcome: 'hit', value: entry?.value } : { outcome: 'miss' }
    }
    case 'swap':
      if (answer === false) return { outcome: 'not changed, others were faster' }
      return written === undefined ? { outcome: 'removed' } : { outcome: 'stored', value: written }
    case 'write':
      return { outcome: 'stored', value: written }
    case 'drop':
      return { outcome: `${answer} removed` }
    case 'wipe':
      return { outcome: 'cleared' }
    case 'list':
      return { outcome: 'listed' }
  }
}

/** How a verb ended that threw. That nothing is there is a miss. */
export function failure(error: unknown): Outcome {
  if (error instanceof CacheNotFound) return { outcome: 'miss' }
  return { outcome: `failed: ${error instanceof Error ? error.message : String(error)}` }
}

/** How many of several values there were. */
export function some(values: readonly unknown[]): string {
  return `${values.filter((value) => value !== undefined).length} of ${values.length} hit`
}

/** Keys as a sentence shows them: the first few. */
export function spelled(keys: readonly string[]): string {
  const shown = keys.slice(0, 3).map(quoted).join(', ')
  return keys.length > 3 ? `${shown} and ${keys.length - 3} more` : shown
}

/** A value in one line, cut when it is long. */
export function shown(value: unknown): string {
  const text = inspect(value, {
    depth: 3,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 10,
    maxStringLength: 200,
  })
  return text.length > 500 ? `${text.slice(0, 497)}...` : text
}

const OF_MANY = ['getMany', 'setMany', 'getOrSetMany']

/**
 * What a verb was given, and the keys among it. Several keys or entries may be given so that they can be gone through once
 * only: then they are copied.
 */
export function given(verb: string, args: readonly unknown[]): { args: readonly unknown[]; keys: readonly string[] } {
  if (verb === 'remove') return { args, keys: args.map(textOf) }
  if (!OF_MANY.includes(verb)) return { args, keys: args.slice(0, 1).map(textOf) }

  const [many, ...rest] = args
  if (typeof many !== 'object' || many === null) return { args, keys: [] }
  if (!(Symbol.iterator in many)) return { args, keys: Object.keys(many) }
  const items = [...(many as Iterable<unknown>)]
  const keys = verb === 'setMany' ? items.map((pair) => (pair as unknown[])?.[0]) : items
  return { args: [items, ...rest], keys: keys.map(textOf) }
}

function textOf(key: unknown): string {
  return typeof key === 'string' ? key : inspect(key)
}
