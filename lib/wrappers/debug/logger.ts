import { type DebugLogger, debuglog } from 'node:util'

/**
 * What a `DebugCache` writes to: a function, or a logger in the shape of the console (`debug(message)`) or of pino
 * (`debug(facts, message)`). One is taken for the latter that has bindings, or whose `debug` names two parameters.
 */
export type Log = LogFunction | Logger

/** Is given a sentence, and what it says as facts. */
export type LogFunction = (message: string, facts: object) => void

/** The part of a logger that is used. */
export interface Logger {
  readonly debug: (...args: never[]) => void
  readonly info?: ((...args: never[]) => void) | undefined
}

/** A logger, whatever its shape. */
export interface Writer {
  /** Whether what is said at the level `debug` is written. */
  isOn(): boolean
  debug(message: string, facts: object): void
  info(message: string, facts: object): void
}

/** What loggers have that tell their level. */
interface Levelled {
  /** Of pino: the number of the level. */
  readonly levelVal?: unknown
  /** Of pino, winston and others. */
  readonly isLevelEnabled?: (level: string) => boolean
}

/** pino's number for the level `debug`. */
const DEBUG = 20

/** The writer of a log; without one, `util.debuglog('polycache')`, which writes when `NODE_DEBUG=polycache` is set. */
export function writerOf(log: Log | undefined): Writer {
  if (log === undefined) return writerTo(debuglog('polycache'))
  if (typeof log === 'function') return { isOn: () => true, debug: log, info: log }
  if (typeof log?.debug !== 'function') {
    throw new TypeError('log must be a function, or a logger with debug() such as console or one of pino.')
  }
  return { isOn: levelOf(log), debug: saying(log, log.debug), info: saying(log, log.info ?? log.debug) }
}

function writerTo(log: DebugLogger): Writer {
  const say = (message: string) => log('%s', message)
  // Whether it is enabled is settled when the process starts.
  const { enabled } = log
  return { isOn: () => enabled, debug: say, info: say }
}

function levelOf(log: Logger & Levelled): () => boolean {
  if (typeof log.levelVal === 'number') return () => (log.levelVal as number) <= DEBUG
  if (typeof log.isLevelEnabled === 'function') return () => log.isLevelEnabled!('debug')
  return () => true
}

function saying(log: Logger, method: (...args: never[]) => void): LogFunction {
  const say = method.bind(log) as (...args: unknown[]) => void
  const takesFacts = typeof (log as { bindings?: unknown }).bindings === 'function' || method.length >= 2
  return takesFacts ? (message, facts) => say(facts, message) : (message) => say(message)
}
