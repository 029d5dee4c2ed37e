import type { MessagePort } from 'node:worker_threads'
import type { EventName } from '../../lib/core/events.ts'
import type { Capabilities } from '../../lib/core/types.ts'

/**
 * The messages between the calling thread and the worker. They go through a port; shared words tell the caller, which sleeps
 * on the first and runs no event loop, that there is something to receive.
 */

/** The word that grows after each message that somebody may wait for, and when the worker ends. The caller sleeps on it. */
export const REPLIED = 0
/** The word with the id of the last request that the worker has started: it distinguishes a slow backend from a stuck worker. */
export const PICKED = 1
/** The word that is 1 once the worker's thread is over. */
export const ENDED = 2
/** The word that grows with each request. A spinning worker watches it. */
export const ASKED = 3
/** The word that is 1 while the caller spins, so that the worker may spin too. */
export const SPINNING = 4
export const WORDS = 5

/** The module that runs in the worker, and its options. Stores with equal targets share a worker. */
export interface Target {
  /** The URL of the module. */
  readonly module: string
  /** The exported function or class; `undefined` for the default export, or the only one. */
  readonly name: string | undefined
  readonly options: object
  /** The class of the adapter, for errors and events. */
  readonly adapter: string
}

/** The data that a worker starts with. */
export interface Boot {
  readonly target: Target
  readonly port: MessagePort
  readonly words: Int32Array
  /** The modules that let the worker load TypeScript, if it has to. */
  readonly loaders: readonly string[]
  /** The module that the worker runs. */
  readonly main: string
}

/** The verbs that a store on the caller's side has only if the one in the worker has them. */
export const OPTIONAL_VERBS = ['loadVersioned', 'compareAndSave', 'saveNew', 'list', 'wipe', 'backendStats'] as const

export type OptionalVerb = (typeof OPTIONAL_VERBS)[number]

export type Verb =
  | 'load'
  | 'save'
  | 'drop'
  | 'close'
  | 'connect'
  | 'ping'
  | 'loadMany'
  | 'saveMany'
  | 'endList'
  | OptionalVerb

/** The verbs with bytes among their arguments. The others cross as they are: to look through them costs 3 µs a call. */
export const CARRIERS: ReadonlySet<Verb> = new Set(['save', 'saveMany', 'saveNew', 'compareAndSave'])

/** A store in the worker, described once it is created. */
export interface Description {
  readonly capabilities: Capabilities
  readonly verbs: readonly OptionalVerb[]
}

export type Request = readonly [id: number, verb: Verb, args: readonly unknown[]]

/** The answer to a request, or the packed error of it. */
export type Reply = readonly [id: number, worked: boolean, content: unknown]

/** The id of the reply to the start: a `Description`, or an error. Requests count from 1. */
export const START = 0
/** The id of an unrequested reply: the reason why the worker died. */
export const CRASH = -1

/** An event of the store in the worker; its error is packed while it crosses. */
export type StoreEvent = readonly [event: EventName, key: string | undefined, facts: object]

export type FromWorker = Reply | StoreEvent

export function isEvent(message: FromWorker): message is StoreEvent {
  return typeof message[0] === 'string'
}
