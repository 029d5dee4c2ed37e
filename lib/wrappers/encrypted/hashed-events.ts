import { type CacheEvent, type EventMap, type EventName, Events, type Listener, type Stats } from '../../core/events.ts'

/** Translates between users' keys and their hashed names in the layer below. */
export interface Names {
  hashed(key: string): string
  /** The key of a name, as far as it is known. */
  known(name: string): string | undefined
}

/**
 * The events of the layer below a cache that hashes its keys. Events that go down carry hashed names; events that come up
 * carry the user's key if it is known, else none.
 */
export class HashedEvents extends Events {
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

  // The only listeners are relays of `LayeredEvents`, one function per event.

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
