/**
 * A clock that stands still until it is moved. Pass it to an adapter as `clock`.
 *
 * @example
 * const clock = new FakeClock()
 * const cache = new MemoryCache({ clock })
 * cache.set('k', 'v', 60)
 * clock.advance(60_000)
 * cache.get('k') // undefined
 */
export class FakeClock {
  #now: number

  /** @param start ms since the epoch. @default the time now */
  constructor(start = Date.now()) {
    this.#now = start
  }

  /** The time of this clock, in ms since the epoch. */
  now(): number {
    return this.#now
  }

  /** Moves the clock forward by `ms` milliseconds. */
  advance(ms: number): void {
    this.#now += ms
  }
}
