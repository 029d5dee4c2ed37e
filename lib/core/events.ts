/** What every event says. */
export interface CacheEvent {
  /** The class of the adapter. */
  readonly adapter: string
  /** The key that it is about, as the user spells it. */
  readonly key?: string | undefined
}

/** An event about something that failed. */
export interface FailureEvent extends CacheEvent {
  readonly error: unknown
  /** The verb that met the failure. */
  readonly verb?: string | undefined
}

/** The events of a cache, and what each one says. */
export interface EventMap {
  /** A value was asked for, and was there. */
  hit: CacheEvent
  /** A value was asked for, and was missing. */
  miss: CacheEvent
  /** A value was stored. */
  set: CacheEvent
  /** It was asked whether there is a value. */
  test: CacheEvent
  /** An entry was removed on request. */
  remove: CacheEvent
  /** An entry was found to have expired. */
  expire: CacheEvent
  /** An entry was removed to make room, or refused because it is heavier than all the room there is. */
  evict: CacheEvent & { readonly refused?: true | undefined }
  /** A maker or loader is about to run. */
  make: CacheEvent
  /** A maker or loader threw. */
  makeError: FailureEvent
  /** A value was served after its expiry. */
  stale: CacheEvent
  /** A value was made again before it expired. */
  refresh: CacheEvent
  /** A value could not be written as bytes. */
  encodeError: FailureEvent
  /** Stored bytes could not be read; they count as a miss. */
  decodeError: FailureEvent
  /** The backend failed, or did not answer in time. */
  backendError: FailureEvent
  /** A connection to the backend stands. */
  connect: CacheEvent
  /** A connection to the backend was lost or closed. */
  disconnect: CacheEvent
  /** The backend answers again after a failure. */
  recover: CacheEvent
  /** A damaged file was set aside, and a new one begun. */
  corruptFile: FailureEvent & { readonly path: string; readonly movedTo: string }
  /** Synchronous waiting takes a notable share of this process's time. */
  blocking: CacheEvent & { readonly share: number }
  /** Something failed that no caller was there to be told of. */
  error: FailureEvent
}

export type EventName = keyof EventMap

/** How often each event happened, with the three figures that everybody asks for. */
export interface Stats extends Readonly<Record<EventName, number>> {
  /** The same as `hit`. */
  readonly hits: number
  /** The same as `miss`. */
  readonly misses: number
  /** Hits among hits and misses, from 0 to 1; 0 before the first. */
  readonly hitRate: number
}

export type Listener = (event: never) => void

/** Counts events, and tells those who listen. An event that nobody listens to costs one addition. */
export class Events {
  readonly #adapter: string
  readonly #listeners = new Map<EventName, Set<Listener>>()
  readonly counts: Record<EventName, number> = {
    hit: 0,
    miss: 0,
    set: 0,
    test: 0,
    remove: 0,
    expire: 0,
    evict: 0,
    make: 0,
    makeError: 0,
    stale: 0,
    refresh: 0,
    encodeError: 0,
    decodeError: 0,
    backendError: 0,
    connect: 0,
    disconnect: 0,
    recover: 0,
    corruptFile: 0,
    blocking: 0,
    error: 0,
  }

  constructor(adapter: string) {
    this.#adapter = adapter
  }

  /** Counts a hit: what `emit` does, without looking up a name, because it is on the hot path (30 ns less, node 20). */
  hit(key: string): void {
    this.counts.hit++
    if (this.#listeners.size !== 0) this.#inform('hit', key)
  }

  /** Counts a miss, for the same reason. */
  miss(key: string): void {
    this.counts.miss++
    if (this.#listeners.size !== 0) this.#inform('miss', key)
  }

  /** Counts a value stored, for the same reason. */
  set(key: string): void {
    this.counts.set++
    if (this.#listeners.size !== 0) this.#inform('set', key)
  }

  /** Counts an event that nobody listens to. */
  count(event: EventName): void {
    this.counts[event]++
  }

  /** Counts an event that is about a key, and tells the listeners. */
  emit<E extends EventName>(event: E, key?: string, facts?: Omit<EventMap[E], keyof CacheEvent>): void {
    this.counts[event]++
    if (this.#listeners.size !== 0) this.#inform(event, key, facts)
  }

  /** Tells the listeners of what another adapter says. */
  protected relay(event: EventName, said: CacheEvent): void {
    this.#tell(event, said)
  }

  /** Whether anybody listens to an event. */
  isHeard(event: EventName): boolean {
    return this.#listeners.size !== 0 && this.#listeners.has(event)
  }

  on(event: EventName, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners.add(listener))
  }

  off(event: EventName, listener: Listener): void {
    const listeners = this.#listeners.get(event)
    if (listeners?.delete(listener) && listeners.size === 0) this.#listeners.delete(event)
  }

  stats(): Stats {
    const { hit, miss } = this.counts
    return { ...this.counts, hits: hit, misses: miss, hitRate: hit === 0 ? 0 : hit / (hit + miss) }
  }

  #inform(event: EventName, key: string | undefined, facts?: object): void {
    this.#tell(event, { adapter: this.#adapter, key, ...facts })
  }

  #tell(event: EventName, said: CacheEvent): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        listener(said as never)
      } catch (error) {
        // A listener's own failure is an event too, but not one that could go round in circles.
        if (event !== 'error') this.emit('error', said.key, { error, verb: `on('${event}')` })
      }
    }
  }
}
