import { type DebugLogger, debuglog, inspect } from 'node:util'
import { CacheNotFound } from '../../core/errors.ts'
import { quoted } from '../../core/quoted.ts'
import type { Entry, VersionedEntry } from '../../core/types.ts'
import type { StoreCall } from '../base/observed.ts'

/**
 * Target of a `DebugCache`: a function, or a logger in the shape of the console (`debug(message)`) or of pino
 * (`debug(facts, message)`). A logger is of the latter shape if it has bindings, or if its `debug` has two parameters.
 */
export type Log = LogFunction | Logger

/** Receives a sentence, and the same as facts. A promise is not awaited; its rejection is an `error` event. */
export type LogFunction = (message: string, facts: object) => unknown

/** The part of a logger that is used. */
export interface Logger {
  readonly debug: (...args: never[]) => unknown
  readonly info?: ((...args: never[]) => unknown) | undefined
}

/** A log of any shape. */
export interface Writer {
  /** Tells if messages at level `debug` are written. */
  isOn(): boolean
  readonly debug: LogFunction
  readonly info: LogFunction
}

/** Members of loggers that tell their level. */
interface Leveled {
  /** Of pino: the number of the level. */
  readonly levelVal?: unknown
  /** Of pino, winston and others. */
  readonly isLevelEnabled?: (level: string) => boolean
}

/** pino's number for the level `debug`. */
const DEBUG = 20

/** The writer of a log. By default `util.debuglog('polycache')`, which writes when `NODE_DEBUG=polycache` is set. */
export function writerOf(log: Log | undefined): Writer {
  if (log === undefined) return writerTo(debuglog('polycache'))
  if (typeof log === 'function') return { isOn: () => true, debug: log, info: log }
  if (typeof log?.debug !== 'function') {
    throw new TypeError('log must be a function, or a logger with debug(), such as console or a pino logger.')
  }
  return { isOn: levelOf(log), debug: callable(log, log.debug), info: callable(log, log.info ?? log.debug) }
}

function writerTo(log: DebugLogger): Writer {
  const write = (message: string) => log('%s', message)
  // It is decided when the process starts.
  const { enabled } = log
  return { isOn: () => enabled, debug: write, info: write }
}

function levelOf(log: Logger & Leveled): () => boolean {
  if (typeof log.levelVal === 'number') return () => (log.levelVal as number) <= DEBUG
  if (typeof log.isLevelEnabled === 'function') return () => log.isLevelEnabled!('debug')
  return () => true
}

function callable(log: Logger, method: (...args: never[]) => unknown): LogFunction {
  const write = method.bind(log) as (...args: unknown[]) => unknown
  const takesFacts = typeof (log as { bindings?: unknown }).bindings === 'function' || method.length >= 2
  return takesFacts ? (message, facts) => write(facts, message) : (message) => write(message)
}

/** How a call ended. */
export interface Outcome {
  /** In a few words: `'hit'`, `'miss'`, `'stored'`, `'failed'`... */
  readonly outcome: string
  /** The value that was given or stored, if there is one to show. */
  readonly value?: unknown
}

/** The outcome of a verb, from its answer and arguments. */
export type OutcomeOf = (answer: unknown, args: readonly unknown[]) => Outcome

const hit = (value: unknown): Outcome => ({ outcome: 'hit', value })
const hitUnlessUndefined = (value: unknown): Outcome => (value === undefined ? { outcome: 'miss' } : hit(value))
const stored = (value: unknown): Outcome => ({ outcome: 'stored', value })
const done = (): Outcome => ({ outcome: 'done' })

/** Outcomes of users' verbs. */
export const OUTCOMES: Readonly<Record<string, OutcomeOf>> = {
  getOrFail: hit,
  has: (is) => ({ outcome: is === true ? 'hit' : 'miss' }),
  ttl: (left) => ({ outcome: left === undefined ? 'miss' : `hit, ${left === null ? 'no limit' : `${left} s left`}` }),
  set: (_, [, value]) => stored(value),
  add: (isNew, [, value]) => (isNew === true ? stored(value) : { outcome: 'not stored, one was there' }),
  remove: (all) => ({ outcome: all === true ? 'removed' : 'removed, not all were there' }),
  pull: hitUnlessUndefined,
  updateTimeout: hit,
  increment: stored,
  decrement: stored,
  getMany: (values) => ({ outcome: hitsAmong(values as unknown[]), value: values }),
  setMany: (_, [entries]) => stored(entries),
  getOrSetMany: (values) => ({ outcome: 'given', value: values }),
  clear: () => ({ outcome: 'cleared' }),
  connect: done,
  ping: done,
  close: done,
}

/** The outcome of a call of the store. */
export function outcomeOf({ verb, answer, written }: StoreCall, isFresh: (entry: unknown) => boolean): Outcome {
  const found = (entry: unknown) => (isFresh(entry) ? hit((entry as Entry).value) : { outcome: 'miss' })
  switch (verb) {
    case 'tryGet':
      return hit(answer)
    case 'read':
      return Array.isArray(answer)
        ? { outcome: hitsAmong(answer.map((entry) => (isFresh(entry) ? entry : undefined))) }
        : found(answer)
    case 'readVersioned':
      return found((answer as VersionedEntry).entry)
    case 'compareAndSet':
      if (answer === false) return { outcome: 'not changed, another change came first' }
      return written === undefined ? { outcome: 'removed' } : stored(written)
    case 'write':
      return stored(written)
    case 'drop':
      return { outcome: `${answer} removed` }
    case 'wipe':
      return { outcome: 'cleared' }
    case 'list':
      return { outcome: 'listed' }
  }
}

/** The outcome of a call that threw. A missing entry is a miss. */
export function failure(error: unknown): Outcome {
  if (error instanceof CacheNotFound) return { outcome: 'miss' }
  return { outcome: `failed: ${error instanceof Error ? error.message : String(error)}` }
}

function hitsAmong(values: readonly unknown[]): string {
  return `${values.filter((value) => value !== undefined).length} of ${values.length} hit`
}

/** Keys as a sentence shows them: the first three. */
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
