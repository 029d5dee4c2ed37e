import { type Flow, wait } from '../core/flow.ts'

/** A value that is being made: who asks for it meanwhile waits for it, and who removes it meanwhile wins. */
export class Load {
  /** The key in the store. */
  readonly id: string
  /** Something newer has happened to the key: what is being made must not be kept. */
  invalidated = false
  /** The value was there after all, and nothing had to be made. */
  found = false
  /** The value, for those who join; absent while the maker has the thread, which nobody else can see. */
  promise: (() => Promise<unknown>) | undefined
  /** The flights whose values this one's maker waits for. */
  readonly waitsFor = new Set<Load>()
  /** The store is being written to by this cache, and a removal through another connection might come before it. */
  writer: object | undefined
  /** Such a removal came: what was written has to go again. */
  superseded = false

  constructor(id: string) {
    this.id = id
  }
}

/**
 * The flights over one store, shared by all the caches of this process that stand over it. A key has at most one flight
 * that may be joined; a voided one is forgotten at once, so that the next to ask starts a new one.
 */
export class Loads {
  readonly #byId = new Map<string, Load>()
  readonly #turns = new Map<string, Promise<void>>()

  /** The loads of the store itself, under those that delegate to it. */
  get root(): Loads {
    return this
  }

  /** How many values are being made. */
  get size(): number {
    return this.#byId.size
  }

  /** The flight for a key that may be joined. */
  find(id: string): Load | undefined {
    return this.#byId.size === 0 ? undefined : this.#byId.get(id)
  }

  /** Starts a flight for `who`, in place of one that may be under way: the newer wins. */
  start(id: string, who: object): Load {
    this.invalidate(id, who)
    const load = new Load(id)
    this.#byId.set(id, load)
    return load
  }

  end(load: Load): void {
    if (this.#byId.get(load.id) === load) this.#byId.delete(load.id)
  }

  /** A key is removed or set by `who`: what is being made for it must not be kept. */
  invalidate(id: string, who: object): void {
    const load = this.find(id)
    if (load !== undefined) this.#void(load, who)
  }

  /** Everything under a prefix is removed. */
  invalidateAll(prefix: string, who: object): void {
    for (const load of [...this.#byId.values()]) {
      if (load.id.startsWith(prefix)) this.#void(load, who)
    }
  }

  /** The value of a flight that may be joined, for one who joins it. */
  promiseOf(load: Load): Promise<unknown> {
    return load.promise!()
  }

  /** Waits until what is being made now has been. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#byId.values()].map((load) => load.promise?.()))
  }

  /** Waits for those who are changing the key now, and answers what to call when one's own change is done. */
  *lockKey(id: string): Flow<() => void> {
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

  #void(load: Load, who: object): void {
    load.invalidated = true
    if (load.writer !== undefined && load.writer !== who) load.superseded = true
    this.#byId.delete(load.id)
  }
}

const byStore = new WeakMap<object, Loads>()
const byTarget = new Map<string, WeakRef<Loads>>()

/** The flights over a store, which is known by an object that stands for it, or by text that names it for the process. */
export function loadsOf(store: object | string): Loads {
  if (typeof store !== 'string') return byStore.get(store) ?? kept(byStore, store, new Loads())

  const loads = byTarget.get(store)?.deref() ?? new Loads()
  byTarget.set(store, new WeakRef(loads))
  for (const [target, reference] of byTarget) if (reference.deref() === undefined) byTarget.delete(target)
  return loads
}

function kept<K extends object, V>(map: WeakMap<K, V>, key: K, value: V): V {
  map.set(key, value)
  return value
}
