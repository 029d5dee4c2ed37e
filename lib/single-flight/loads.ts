import { type Flow, wait } from '../core/flow.ts'

/** A value that is being made: who asks for it meanwhile waits for it, and who removes it meanwhile wins. */
export class Flight {
  /** The key in the store. */
  readonly id: string
  /** Something newer has happened to the key: what is being made must not be kept. */
  voided = false
  /** The value was there after all, and nothing had to be made. */
  found = false
  /** The value, for those who join; absent while the maker has the thread, which nobody else can see. */
  landing: (() => Promise<unknown>) | undefined
  /** The flights whose values this one's maker waits for. */
  readonly waitsFor = new Set<Flight>()
  /** The store is being written to by this cache, and a removal through another connection might come before it. */
  writer: object | undefined
  /** Such a removal came: what was written has to go again. */
  overtaken = false

  constructor(id: string) {
    this.id = id
  }
}

/**
 * The flights over one store, shared by all the caches of this process that stand over it. A key has at most one flight
 * that may be joined; a voided one is forgotten at once, so that the next to ask starts a new one.
 */
export class Flights {
  readonly #byId = new Map<string, Flight>()
  readonly #turns = new Map<string, Promise<void>>()

  /** How many values are being made. */
  get size(): number {
    return this.#byId.size
  }

  /** The flight for a key that may be joined. */
  find(id: string): Flight | undefined {
    return this.#byId.size === 0 ? undefined : this.#byId.get(id)
  }

  /** Starts a flight for `who`, in place of one that may be under way: the newer wins. */
  begin(id: string, who: object): Flight {
    this.void(id, who)
    const flight = new Flight(id)
    this.#byId.set(id, flight)
    return flight
  }

  end(flight: Flight): void {
    if (this.#byId.get(flight.id) === flight) this.#byId.delete(flight.id)
  }

  /** A key is removed or set by `who`: what is being made for it must not be kept. */
  void(id: string, who: object): void {
    const flight = this.find(id)
    if (flight !== undefined) this.#void(flight, who)
  }

  /** Everything under a prefix is removed. */
  voidAll(prefix: string, who: object): void {
    for (const flight of [...this.#byId.values()]) {
      if (flight.id.startsWith(prefix)) this.#void(flight, who)
    }
  }

  /** The value of a flight that may be joined, for one who joins it. */
  landing(flight: Flight): Promise<unknown> {
    return flight.landing!()
  }

  /** Waits until what is being made now has been. */
  async landed(): Promise<void> {
    await Promise.allSettled([...this.#byId.values()].map((flight) => flight.landing?.()))
  }

  /** Waits for those who are changing the key now, and answers what to call when one's own change is done. */
  *turn(id: string): Flow<() => void> {
    const before = this.#turns.get(id)
    let done = () => {}
    const mine = new Promise<void>((resolve) => {
      done = resolve
    })
    this.#turns.set(id, mine)
    if (before !== undefined) yield* wait(before)
    return () => {
      if (this.#turns.get(id) === mine) this.#turns.delete(id)
      done()
    }
  }

  #void(flight: Flight, who: object): void {
    flight.voided = true
    if (flight.writer !== undefined && flight.writer !== who) flight.overtaken = true
    this.#byId.delete(flight.id)
  }
}

const byStore = new WeakMap<object, Flights>()
const byTarget = new Map<string, WeakRef<Flights>>()

/** The flights over a store, which is known by an object that stands for it, or by text that names it for the process. */
export function flightsOver(store: object | string): Flights {
  if (typeof store !== 'string') return byStore.get(store) ?? kept(byStore, store, new Flights())

  const flights = byTarget.get(store)?.deref() ?? new Flights()
  byTarget.set(store, new WeakRef(flights))
  for (const [target, reference] of byTarget) if (reference.deref() === undefined) byTarget.delete(target)
  return flights
}

function kept<K extends object, V>(map: WeakMap<K, V>, key: K, value: V): V {
  map.set(key, value)
  return value
}
