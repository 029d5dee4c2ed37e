import { BroadcastChannel } from 'node:worker_threads'
import { ConfigError } from '../../lib/core/errors.ts'
import { nameOfInstance } from '../../lib/core/instances.ts'
import type { Loads } from '../../lib/single-flight/loads.ts'
import { DelegatingLoads } from '../../lib/single-flight/loads.ts'
import { CLEARED, type Owner } from './engine/removals.ts'
import type { MemoryStore } from './engine/store.ts'

/**
 * One logical cache for the threads of a process.
 *
 * Each thread keeps its own entries. A change of a key is broadcast; the other threads drop their entry and invalidate a load
 * of that key, whose value is then not stored. Every verb that changes a key invalidates its load, so that is where changes
 * are observed: see `SharedLoads.invalidate`.
 *
 * Guaranteed: after a key is set, added to, incremented, given another timeout, removed or cleared in one thread, no other
 * thread returns an older value once its event loop has received the message. Messages leave at the end of the synchronous
 * run that made the change.
 *
 * Not guaranteed: anything before that. A thread that does not return to its event loop keeps what it has. Two threads that
 * change a key at the same time may both end up without it. Values are not broadcast, so each thread loads its own, and
 * `add`, `increment` and `getOrSet` are atomic within one thread only. A value stored by `getOrSet`, an expiry and an eviction
 * are not changes.
 */
interface Changes {
  /** The store in which they happened, which already has them. */
  readonly from: string
  readonly ids: readonly string[]
  readonly prefixes: readonly string[]
}

/** A cache that receives changes. */
interface Member {
  readonly store: MemoryStore
  receive(changes: Changes): void
}

/** The number of changed keys that are sent at once, even in the middle of a synchronous run. */
const BATCH = 1000

/**
 * The loads of a cache that shares its changes under a name.
 * @param loads the loads over its store
 */
export function sharedLoads(name: string, store: MemoryStore, owner: Owner, loads: Loads): Loads {
  if (typeof name !== 'string' || name === '') {
    throw new ConfigError(`shared must be a name that the caches of all threads have in common, not ${String(name)}.`)
  }
  return new SharedLoads(busOf(name), store, owner, loads)
}

class SharedLoads extends DelegatingLoads implements Member {
  readonly store: MemoryStore
  readonly #bus: InvalidationBus
  readonly #owner: Owner
  #ids: string[] = []
  #prefixes: string[] = []

  constructor(bus: InvalidationBus, store: MemoryStore, owner: Owner, loads: Loads) {
    super(loads)
    this.store = store
    this.#bus = bus
    this.#owner = owner
    bus.join(this)
  }

  override invalidate(id: string, by: object): void {
    super.invalidate(id, by)
    this.#planSending()
    if (this.#ids.push(id) >= BATCH) this.#send()
  }

  override invalidateAll(prefix: string, by: object): void {
    super.invalidateAll(prefix, by)
    this.#planSending()
    this.#prefixes.push(prefix)
  }

  receive({ ids, prefixes }: Changes): void {
    const owner = this.#owner
    const now = owner.now()
    for (const id of ids) {
      this.inner.invalidate(id, this)
      this.store.drop(id, now, owner)
    }
    for (const prefix of prefixes) {
      this.inner.invalidateAll(prefix, this)
      if (prefix === '') this.store.clear(owner)
      else for (const id of this.store.keys(prefix)) this.store.drop(id, now, owner, CLEARED)
    }
  }

  #planSending(): void {
    if (this.#ids.length === 0 && this.#prefixes.length === 0) Promise.resolve().then(() => this.#send())
  }

  #send(): void {
    const [ids, prefixes] = [this.#ids, this.#prefixes]
    if (ids.length === 0 && prefixes.length === 0) return
    this.#ids = []
    this.#prefixes = []
    this.#bus.send({ from: nameOfInstance(this.store), ids, prefixes })
  }
}

/** Connects the caches of one name: those of this thread directly, those of other threads by a channel. */
class InvalidationBus {
  readonly #members = new Set<WeakRef<Member>>()
  readonly #channel: BroadcastChannel

  constructor(name: string) {
    this.#channel = new BroadcastChannel(`polycache memory ${name}`)
    this.#channel.onmessage = (event) => this.#deliver((event as { data: Changes }).data)
    // The channel must not keep the thread alive.
    this.#channel.unref()
  }

  join(member: Member): void {
    const reference = new WeakRef(member)
    this.#members.add(reference)
    collected.register(member, () => this.#leave(reference))
  }

  send(changes: Changes): void {
    this.#channel.postMessage(changes)
    this.#deliver(changes)
  }

  #deliver(changes: Changes): void {
    for (const reference of this.#members) {
      const member = reference.deref()
      if (member !== undefined && nameOfInstance(member.store) !== changes.from) member.receive(changes)
    }
  }

  #leave(reference: WeakRef<Member>): void {
    this.#members.delete(reference)
    if (this.#members.size !== 0) return
    this.#channel.close()
    for (const [name, bus] of buses) if (bus === this) buses.delete(name)
  }
}

const buses = new Map<string, InvalidationBus>()
const collected = new FinalizationRegistry<() => void>((leave) => leave())

function busOf(name: string): InvalidationBus {
  const known = buses.get(name)
  if (known !== undefined) return known
  const bus = new InvalidationBus(name)
  buses.set(name, bus)
  return bus
}
