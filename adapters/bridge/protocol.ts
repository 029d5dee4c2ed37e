import type { MessagePort } from 'node:worker_threads'
import type { EventName } from '../../lib/core/events.ts'
import type { Capabilities } from '../../lib/core/types.ts'

/**
 * What crosses between the calling thread and the worker. Messages go through a port; shared words tell the caller,
 * who sleeps on the first and runs no event loop, that there is something to receive.
 */

/** The word that grows after each message that somebody may wait for, and when the worker ends. The caller sleeps on it. */
export const TURN = 0
/** The word with the id of the last request that the worker has begun: it tells a slow backend from a stuck worker. */
export const PICKED = 1
/** The word that is 1 once the worker's thread is over. */
export const ENDED = 2
/** The word that grows with each request. A worker that lingers watches it. */
export const ASKED = 3
/** The word that is 1 while the caller spins, so that the worker may linger. */
export const SPINNING = 4
export const WORDS = 5

/** What runs in the worker, and with what. Stores with equal targets share a worker. */
export interface Target {
  /** The URL of the module. */
  readonly module: string
  /** The exported function or class; `undefined` for the default export, or the only one. */
  readonly name: string | undefined
  readonly options: object
  /** The class of the adapter, for errors and events. */
  readonly adapter: string
}

/** What a worker is born with. */
export interface Boot {
  readonly target: Target
  readonly port: MessagePort
  readonly words: Int32Array
  /** The modules that teach the worker to load TypeScript, when it has to. */
  readonly loaders: readonly string[]
  /** The module that the worker runs. */
  readonly main: string
}

/** The verbs that a store on the caller's side has only if the far one has them. */
export const OPTIONAL_VERBS = ['loadVersioned', 'compareAndSave', 'list', 'wipe', 'backendStats'] as const

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
export const CARRIERS: ReadonlySet<Verb> = new Set(['save', 'saveMany', 'compareAndSave'])

/** What a far store says about itself once it is made. */
export interface Description {
  readonly capabilities: Capabilities
  readonly verbs: readonly OptionalVerb[]
}

export type Request = readonly [id: number, verb: Verb, args: readonly unknown[]]

/** The answer to a request, or the packed error of it. */
export type Reply = readonly [id: number, worked: boolean, content: unknown]

/** The reply that tells how the start went: a `Description`, or an error. Requests count from 1. */
export const START = 0
/** The reply that nobody asked for: what the worker died of. */
export const CRASH = -1

/** An event of the far store; its error is packed while it crosses. */
export type FarEvent = readonly [event: EventName, key: string | undefined, facts: object]

export type FromWorker = Reply | FarEvent

export function isEvent(message: FromWorker): message is FarEvent {
  return typeof message[0] === 'string'
}
