import type { Events } from '../core/events.ts'
import type { BackendErrorPolicy, Capabilities, Entry, Mode, Out, Store } from '../core/types.ts'
import type { Loads } from '../single-flight/loads.ts'

/** What the flows need of a cache: its store, and what all its verbs have in common. */
export interface CacheCore<M extends Mode = Mode> extends Store<M> {
  readonly mode: M
  /** The name of its class, for messages. */
  readonly name: string
  readonly capabilities: Capabilities
  /** Stands in front of every key in the store. */
  readonly prefix: string
  readonly events: Events
  /** What is being made under which key of the store. */
  readonly loads: Loads
  readonly onBackendError: BackendErrorPolicy
  /** Whether the store's own clock is another than the cache's. */
  readonly movedClock: boolean
  /** The cache's clock, in ms since the epoch. */
  now(): number
  /** What the store has under a key, in the form in which it keeps it. */
  readStored(key: string): Out<M, unknown>
  /** The entry in what `fetch` gave. */
  decodeStored(key: string, kept: unknown): Entry | undefined
  /** Told how long a maker or loader took, in ms. */
  loaded?(ms: number): void
}
