import { type CacheEvent, type EventMap, type EventName, Events, type Listener, type Stats } from '../../core/events.ts'

/** How keys are named in the layer below, and what the name of one was, as far as that is known. */
export interface Names {
  hashed(key: string): string
  known(name: string): string | undefined
}

/**
 * The events of the layer below a cache that hashes the names of its keys, as that cache sees them: what it tells is told
 * there by the hashed names, and what rises from there has the user's key, if it is known whose name it is, or else none.
 */
export class EventsByHash extends Events {
  readonly #below: Events
  readonly #names: Names
  readonly #relays = new Map<Listener, Listener>()

  constructor(below: Events, names: Names) {
    super('')
    this.#below = below
    this.#names = names
  }

  override hit(key: string): void {
    this.#below.hit(this.#names.hashed(key))
  }

  override miss(key: string): void {
    this.#below.miss(this.#names.hashed(key))
  }

  override set(key: string): void {
    this.#below.set(this.#names.hashed(key))
  }

  override emit<E extends EventName>(event: E, key?: string, facts?: Omit<EventMap[E], keyof CacheEvent>): void {
    this.#below.emit(event, key === undefined ? undefined : this.#names.hashed(key), facts)
  }

  override on(event: EventName, listener: Listener): void {
    const relay = (said: CacheEvent) => {
      const key = said.key === undefined ? undefined : this.#names.known(said.key)
      listener({ ...said, key } as never)
    }
    this.#relays.set(listener, relay)
    this.#below.on(event, relay)
  }

  override off(event: EventName, listener: Listener): void {
    this.#below.off(event, this.#relays.get(listener) ?? listener)
    this.#relays.delete(listener)
  }

  override stats(): Stats {
    return this.#below.stats()
  }
}
