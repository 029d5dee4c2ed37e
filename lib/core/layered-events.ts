import { type CacheEvent, type EventMap, type EventName, Events, type Listener, type Stats } from './events.ts'

/** Events of a store rather than of a verb. They bubble up from the adapter to the wrappers around it. */
const BUBBLING: ReadonlySet<EventName> = new Set([
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
 * The events of a wrapper. Events of its verbs are emitted on the wrapped adapter too, with that adapter's keys, so that
 * every layer of a stack counts the calls that pass through it. Events of the store bubble up to this layer, with this
 * layer's keys, if the key belongs to it.
 */
export class LayeredEvents extends Events {
  readonly #prefix: string
  readonly #below: Events
  readonly #relays = new Map<EventName, Listener>()

  /** @param prefix the prefix of this layer's keys in the layer below */
  constructor(adapter: string, prefix: string, below: Events) {
    super(adapter)
    this.#prefix = prefix
    this.#below = below
  }

  /** Counts a hit that the layer below has counted already. */
  hitBelow(key: string): void {
    super.hit(key)
  }

  /** Counts a stored value that the layer below has counted already. */
  setBelow(key: string): void {
    super.set(key)
  }

  /** Emits an event in this layer only. */
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
    // `expire` is emitted by the store and bubbles up from there.
    if (event !== 'expire') super.emit(event, key, facts)
    if (event === 'expire' || !BUBBLING.has(event)) this.#below.emit(event, below, facts)
  }

  override on(event: EventName, listener: Listener): void {
    super.on(event, listener)
    if (!BUBBLING.has(event) || this.#relays.has(event)) return

    const relay = (facts: CacheEvent) => this.#bubble(event, facts)
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

  /** The counts of this layer. Store events are counted by the store. */
  override stats(): Stats {
    const own = super.stats()
    const below = this.#below.stats()
    const bubbled = [...BUBBLING].map((event) => [event, own[event] + below[event]])
    return { ...own, ...Object.fromEntries(bubbled) }
  }

  #bubble(event: EventName, facts: CacheEvent): void {
    if (facts.key === undefined) this.relay(event, facts)
    else if (facts.key.startsWith(this.#prefix))
      this.relay(event, { ...facts, key: facts.key.slice(this.#prefix.length) })
  }
}
