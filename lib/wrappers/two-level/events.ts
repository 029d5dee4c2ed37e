import type { CacheEvent, EventMap, EventName, Events } from '../../core/events.ts'
import { LayeredEvents } from '../../core/layered-events.ts'

/**
 * The events of two levels. Each level counts the look-ups that it is asked for: what users are told of hits and misses is told
 * here only. That something is stored or removed is told to both, everything else to the far one.
 */
export class LevelEvents extends LayeredEvents {
  readonly #near: Events

  constructor(adapter: string, near: Events, far: Events) {
    super(adapter, '', far)
    this.#near = near
  }

  override hit(key: string): void {
    this.hitBelow(key)
  }

  override miss(key: string): void {
    this.here('miss', key)
  }

  override set(key: string): void {
    super.set(key)
    this.#near.set(key)
  }

  override emit<E extends EventName>(event: E, key?: string, facts?: Omit<EventMap[E], keyof CacheEvent>): void {
    if (event === 'hit' || event === 'miss') this.here(event, key, facts)
    else super.emit(event, key, facts)
    if (event === 'set' || event === 'remove') this.#near.emit(event, key, facts)
  }
}
