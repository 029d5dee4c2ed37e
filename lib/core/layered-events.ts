import { type CacheEvent, type EventMap, type EventName, Events, type Listener, type Stats } from './events.ts'

/** What happens in a store rather than by a verb: it rises, from the adapter to the wrappers around it. */
const RISING: ReadonlySet<EventName> = new Set([
  'expire',
  'evict',
  'decodeError',
  'connect',
  'disconnect',
  'recover',
  'corruptFile',
  'blocking',
  'error',
])

/**
 * The events of a wrapper. What its verbs do is told to the adapter under it too, in that one's keys, so that every layer
 * of a stack counts what goes through it. What the store under it tells is told here too, in this layer's keys, if it is
 * about a key of this layer.
 */
export class LayeredEvents extends Events {
  readonly #prefix: string
  readonly #below: Events
  readonly #relays = new Map<EventName, Listener>()

  /** @param prefix what this layer puts in front of the keys of the layer below */
  constructor(adapter: string, prefix: string, below: Events) {
    super(adapter)
    this.#prefix = prefix
    this.#below = below
  }

  /** Counts a hit that the layer below has counted already. */
  hitBelow(key: string): void {
    super.hit(key)
  }

  /** Counts a value stored that the layer below has counted already. */
  setBelow(key: string): void {
    super.set(key)
  }

  /** Counts and tells an event in this layer only. */
  protected here<E extends EventName>(event: E, key?: string, facts?: Omit<EventMap[E], keyof CacheEvent>): void {
    super.emit(event, key, facts)
  }

  override hit(key: string): void {
    super.hit(key)
    this.#below.hit(this.#prefix + key)
  }

  override miss(key: string): void {
    super.miss(key)
    this.#below.miss(this.#prefix + key)
  }

  override set(key: string): void {
    super.set(key)
    this.#below.set(this.#prefix + key)
  }

  override emit<E extends EventName>(event: E, key?: string, facts?: Omit<EventMap[E], keyof CacheEvent>): void {
    const below = key === undefined ? undefined : this.#prefix + key
    // That an entry has expired is seen by whoever asked for it, and happens in the store, from where it rises.
    if (event !== 'expire') super.emit(event, key, facts)
    if (event === 'expire' || !RISING.has(event)) this.#below.emit(event, below, facts)
  }

  override on(event: EventName, listener: Listener): void {
    super.on(event, listener)
    if (!RISING.has(event) || this.#relays.has(event)) return

    const relay = (said: CacheEvent) => this.#rise(event, said)
    this.#relays.set(event, relay)
    this.#below.on(event, relay)
  }

  override off(event: EventName, listener: Listener): void {
    super.off(event, listener)
    const relay = this.#relays.get(event)
    if (relay === undefined || this.isHeard(event)) return
    this.#relays.delete(event)
    this.#below.off(event, relay)
  }

  /** The counts of this layer; of what happens to the store, those of the store. */
  override stats(): Stats {
    const own = super.stats()
    const below = this.#below.stats()
    const risen = [...RISING].map((event) => [event, own[event] + below[event]])
    return { ...own, ...Object.fromEntries(risen) }
  }

  #rise(event: EventName, said: CacheEvent): void {
    if (said.key === undefined) this.relay(event, said)
    else if (said.key.startsWith(this.#prefix)) this.relay(event, { ...said, key: said.key.slice(this.#prefix.length) })
  }
}
