import { type Flow, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'

/** The versions of tags when something began, from which the stamp of what comes of it is made. */
export interface TagSnapshot {
  /** How many invalidations this process had made. */
  readonly count: number
  readonly versions: ReadonlyMap<string, string>
}

/**
 * Single flight: concurrent callers of one key share one load.
 *
 * Who shares. A load belongs to a store, not to a cache: all caches of this process over one store, in both modes and under
 * every wrapper, find the same `Loads`. It is registered before the store is read, so that no second caller can slip in
 * between the miss and the loader.
 *
 * Why a removal wins. A loader reads its source at some moment that nobody knows. When the key is removed or set meanwhile,
 * the value may be from before that, and to store it would undo the change for as long as the entry lives. So whatever
 * changes a key invalidates its load first and touches the store second. The callers that wait get their value, which was
 * true when they asked; it is not stored; and the next caller starts a new load, whose loader begins after the change.
 *
 * Three things can still happen between the last look at `invalidated` and the write to the store:
 *
 * - Another cache of this process, with a connection of its own, removes the key while the write is on its way, and the two
 *   may arrive in either order. The load is `superseded` then, and its writer takes back what it wrote.
 * - Another process changes the key. A load therefore stores only into the state that it read: if there was no entry, only
 *   if there is still none, else by compare-and-set. A removal leaves no entry behind either, which is what the mark of
 *   `fence` is for: it makes the state after a removal another one than the state before.
 * - The key is cleared with all others of its prefix: `invalidateAll`.
 *
 * Levels. A cache over two stores keeps a second rule, with the same words: what was read at the far level before a change is
 * not kept at the near one. It uses a `Loads` of its own for that, of transfers instead of loads: `start` one, `invalidate`
 * the key at each change, and look whether the transfer is `invalidated` before its value is kept.
 */
export class Load {
  /** The versions of tags before the data was read. */
  tags: TagSnapshot | undefined
  /** The key in the store. */
  readonly id: string
  /** The loads whose loaders started this one. */
  readonly parents: readonly Load[]
  /** Something newer has happened to the key: the value must not be stored. */
  invalidated = false
  /** The store had a fresh entry: nothing was loaded. */
  found = false
  /** It is over. A flag, because in a stack overflow assignments work where calls no longer do. */
  ended = false
  /** The value, for callers that join; absent while its own thread is busy with it, which nobody else can see. */
  promise: (() => Promise<unknown>) | undefined
  /** Resolves when the store has been read. */
  reading: Promise<unknown> | undefined
  /** The entry that was read, fresh or not. */
  before: Entry | undefined
  /** The entry that may be served although it has expired. */
  stale: Entry | undefined
  /** The loads that its loader awaits. */
  waitsFor: Set<Load> | undefined
  /** How many callers wait for it; it is aborted when the last one leaves. */
  callers = 1
  /** Aborts the loader, if it looked at its signal. */
  abort: AbortController | undefined
  /** It runs in the background: callers look at the store before they join it. */
  inBackground = false
  /** The stale entry was its answer. */
  servedStale = false
  /** The loader of a caller of a synchronous cache, and those of the loads that it took the place of. */
  maker: unknown
  earlierMakers: readonly unknown[] | undefined
  /** The cache that is writing the value to the store. */
  writer: object | undefined
  /** A removal through another connection came during that write, which has to be undone. */
  superseded = false

  #eventual: Promise<unknown> | undefined
  #resolve: ((answer: unknown) => void) | undefined

  constructor(id: string, parents: readonly Load[]) {
    this.id = id
    this.parents = parents
  }

  /** The value, for callers that join while its thread is busy with it: work in the background that the loader begins. */
  eventual(): Promise<unknown> {
    this.#eventual ??= new Promise((resolve) => {
      this.#resolve = resolve
    })
    return this.#eventual
  }

  /** Tells those who wait for `eventual()`. */
  tell(answer: () => unknown): void {
    this.#resolve?.(this.promise?.() ?? answer())
  }
}

const NONE: readonly Load[] = []

/** The loads over one store. A key has at most one load that may be joined. */
export class Loads {
  /** Whether hits have to look at tags: since a tag was invalidated, or where other processes may invalidate tags. */
  looksAtTags = false
  readonly #byId = new Map<string, Load>()
  readonly #locks = new Map<string, Promise<void>>()

  /** The loads of the store itself, under those that delegate to it. */
  get root(): Loads {
    return this
  }

  /** How many loads are running. */
  get size(): number {
    return this.#byId.size
  }

  /** The load of a key that may be joined. */
  find(id: string): Load | undefined {
    if (this.#byId.size === 0) return undefined
    const load = this.#byId.get(id)
    if (load?.ended !== true) return load
    this.#byId.delete(id)
    return undefined
  }

  /** Starts a load for a cache, in place of one that may be running: the newer wins. */
  start(id: string, by: object, parents: readonly Load[] = NONE): Load {
    this.invalidate(id, by)
    const load = new Load(id, parents)
    this.#byId.set(id, load)
    return load
  }

  end(load: Load): void {
    load.ended = true
    if (this.#byId.get(load.id) === load) this.#byId.delete(load.id)
  }

  /** Invalidates the load of a key that a cache removes or sets. */
  invalidate(id: string, by: object): void {
    const load = this.find(id)
    if (load !== undefined) this.#invalidate(load, by)
  }

  /** Invalidates all loads under a prefix. */
  invalidateAll(prefix: string, by: object): void {
    for (const load of [...this.#byId.values()]) {
      if (load.id.startsWith(prefix)) this.#invalidate(load, by)
    }
  }

  /** The value of a load, for a caller that joins it. */
  promiseOf(load: Load): Promise<unknown> {
    return load.promise?.() ?? load.eventual()
  }

  /** Waits for all loads that are running. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#byId.values()].map((load) => load.promise?.()))
  }

  /** Waits for those who are changing the key, in order, and returns what releases it. */
  *lockKey(id: string): Flow<() => void> {
    const before = this.#locks.get(id)
    let release = () => {}
    const mine = new Promise<void>((resolve) => {
      release = resolve
    })
    this.#locks.set(id, mine)
    if (before !== undefined) yield* wait(before)
    return () => {
      if (this.#locks.get(id) === mine) this.#locks.delete(id)
      release()
    }
  }

  #invalidate(load: Load, by: object): void {
    load.invalidated = true
    if (load.writer !== undefined && load.writer !== by) load.superseded = true
    this.#byId.delete(load.id)
  }
}

/** The loads of another cache, for a class that does something more at some of their verbs. */
export abstract class DelegatingLoads extends Loads {
  protected readonly inner: Loads

  constructor(inner: Loads) {
    super()
    this.inner = inner
  }

  override get root(): Loads {
    return this.inner.root
  }

  override get size(): number {
    return this.inner.size
  }

  override find(id: string): Load | undefined {
    return this.inner.find(id)
  }

  override start(id: string, by: object, parents?: readonly Load[]): Load {
    return this.inner.start(id, by, parents)
  }

  override end(load: Load): void {
    this.inner.end(load)
  }

  override invalidate(id: string, by: object): void {
    this.inner.invalidate(id, by)
  }

  override invalidateAll(prefix: string, by: object): void {
    this.inner.invalidateAll(prefix, by)
  }

  override promiseOf(load: Load): Promise<unknown> {
    return this.inner.promiseOf(load)
  }

  override settled(): Promise<void> {
    return this.inner.settled()
  }

  override lockKey(id: string): Flow<() => void> {
    return this.inner.lockKey(id)
  }
}

const byStore = new WeakMap<object, Loads>()
const byTarget = new Map<string, WeakRef<Loads>>()

/** The loads over a store, which is identified by an object, or by text that names it for the process. */
export function loadsOf(store: object | string): Loads {
  if (typeof store !== 'string') {
    const loads = byStore.get(store) ?? new Loads()
    byStore.set(store, loads)
    return loads
  }
  const loads = byTarget.get(store)?.deref() ?? new Loads()
  byTarget.set(store, new WeakRef(loads))
  for (const [target, reference] of byTarget) if (reference.deref() === undefined) byTarget.delete(target)
  return loads
}
