import { BroadcastChannel } from 'node:worker_threads'
import { ConfigError } from '../../lib/core/errors.ts'
import { nameOfInstance } from '../../lib/core/instances.ts'
import type { Loads } from '../../lib/single-flight/loads.ts'
import { DelegatingLoads } from '../../lib/single-flight/loads.ts'
import { CLEARED, type Owner } from './engine/removals.ts'
import type { MemoryStore } from './engine/store.ts'

/**
 * One logical cache for the threads of a process. Each thread keeps its own entries; what crosses is the news that a key was
 * changed, upon which the others drop what they have under it, and do not keep what they are making for it.
 *
 * Promised: when a key is set, added to, incremented, given another timeout, removed or cleared in one thread, no other one answers
 * with an older value once its event loop has taken the news, which leaves at the end of the run of code that made the change.
 * Not promised: anything before that. A thread that does not come to its event loop goes on with what it has; two that change a key
 * at the same time may both end up without it; and values do not cross, so that each thread makes its own, and `add`, `increment`
 * and `getOrSet` are atomic within one only. What a `getOrSet` stores, what expires and what is evicted is no news.
 */
interface News {
  /** The store in which it happened, which need not be told. */
  readonly from: string
  readonly ids: readonly string[]
  readonly prefixes: readonly string[]
}

/** A cache that is told of news. */
interface Member {
  readonly store: MemoryStore
  hear(news: News): void
}

/** So many changed keys leave at once, however long the run of code goes on. */
const MOST = 1000

/**
 * The flights of a cache that is one of those of that name. Whatever changes a key voids its flight: that is where it is known.
 * @param flights those over its store
 */
export function sharedFlights(name: string, store: MemoryStore, owner: Owner, loads: Loads): Loads {
  if (typeof name !== 'string' || name === '') {
    throw new ConfigError(`shared must be the name of the cache that the threads have in common, not ${String(name)}.`)
  }
  return new SharedFlights(lineOf(name), store, owner, loads)
}

class SharedFlights extends DelegatingLoads implements Member {
  readonly store: MemoryStore
  readonly #line: Line
  readonly #owner: Owner
  #ids: string[] = []
  #prefixes: string[] = []

  constructor(line: Line, store: MemoryStore, owner: Owner, loads: Loads) {
    super(loads)
    this.store = store
    this.#line = line
    this.#owner = owner
    line.join(this)
  }

  override invalidate(id: string, who: object): void {
    super.invalidate(id, who)
    this.#plan()
    if (this.#ids.push(id) >= MOST) this.#tell()
  }

  override invalidateAll(prefix: string, who: object): void {
    super.invalidateAll(prefix, who)
    this.#plan()
    this.#prefixes.push(prefix)
  }

  hear({ ids, prefixes }: News): void {
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

  #plan(): void {
    if (this.#ids.length === 0 && this.#prefixes.length === 0) Promise.resolve().then(() => this.#tell())
  }

  #tell(): void {
    const [ids, prefixes] = [this.#ids, this.#prefixes]
    if (ids.length === 0 && prefixes.length === 0) return
    this.#ids = []
    this.#prefixes = []
    this.#line.tell({ from: nameOfInstance(this.store), ids, prefixes })
  }
}

/** What links the caches of one name: those of this thread, and by a channel those of the others. */
class Line {
  readonly #members = new Set<WeakRef<Member>>()
  readonly #channel: BroadcastChannel

  constructor(name: string) {
    this.#channel = new BroadcastChannel(`polycache memory ${name}`)
    this.#channel.onmessage = (event) => this.#pass((event as { data: News }).data)
    // Waiting for news is no reason for a thread to go on.
    this.#channel.unref()
  }

  join(member: Member): void {
    const reference = new WeakRef(member)
    this.#members.add(reference)
    left.register(member, () => this.#leave(reference))
  }

  tell(news: News): void {
    this.#channel.postMessage(news)
    this.#pass(news)
  }

  #pass(news: News): void {
    for (const reference of this.#members) {
      const member = reference.deref()
      if (member !== undefined && nameOfInstance(member.store) !== news.from) member.hear(news)
    }
  }

  #leave(reference: WeakRef<Member>): void {
    this.#members.delete(reference)
    if (this.#members.size !== 0) return
    this.#channel.close()
    for (const [name, line] of lines) if (line === this) lines.delete(name)
  }
}

const lines = new Map<string, Line>()
const left = new FinalizationRegistry<() => void>((leave) => leave())

function lineOf(name: string): Line {
  const known = lines.get(name)
  if (known !== undefined) return known
  const line = new Line(name)
  lines.set(name, line)
  return line
}
