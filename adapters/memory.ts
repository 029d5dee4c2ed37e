import { CacheAdapter } from '../lib/adapter.ts'
import { systemNow } from '../lib/clock.ts'
import { coderOf } from '../lib/coder/index.ts'
import type { AdapterOptions, Capabilities, Entry, Key, Keys, Mode, Out, Slot } from '../lib/contract.ts'
import { isFresh } from '../lib/entry.ts'
import { ConfigError } from '../lib/errors.ts'
import { coloured } from '../lib/flow.ts'
import { type Isolating, isolationOf } from './memory/isolation.ts'
import { type Losses, MemoryStore } from './memory/store.ts'

export interface MemoryOptions extends AdapterOptions {
  /** The most entries that are ever kept; `null` for no bound. @default 100 000 */
  maxEntries?: number | null | undefined
  /** Entries that are kept already, shared with other caches in memory. @default a store of its own */
  store?: MemoryStore | undefined
}

const CAPABILITIES: Capabilities = {
  atomic: true,
  listsKeys: true,
  clears: true,
  shared: false,
  locks: false,
  millisecondExpiry: true,
}

/** What both colours of the cache in memory have in common: everything but the colour. */
abstract class MemoryAdapter<M extends Mode> extends CacheAdapter<M> {
  readonly store: MemoryStore
  readonly #isolating: Isolating | undefined
  readonly #losses: Losses

  constructor(options: MemoryOptions = {}) {
    super(options)
    this.store = options.store ?? new MemoryStore(maxEntriesOf(options.maxEntries))
    this.#isolating = isolationOf(options.isolation, coderOf(options.coder))
    this.#losses = {
      expired: (key) => this.events.emit('expire', this.#spelled(key)),
      evicted: (key) => this.events.emit('evict', this.#spelled(key)),
    }
  }

  override get capabilities(): Capabilities {
    return CAPABILITIES
  }

  protected override get defaultPrefix(): string {
    return ''
  }

  protected override get storeIdentity(): object {
    return this.store
  }

  read(key: string): Out<M, Entry | undefined> {
    return coloured(this.#given(this.store.read(key)))
  }

  write(key: string, entry: Entry): Out<M, void> {
    const kept = this.#isolating === undefined ? entry : { ...entry, value: this.#isolating.keep(entry.value) }
    return coloured<M, void>(this.store.write(key, kept, this.now(), this.#losses))
  }

  drop(keys: readonly string[]): Out<M, number> {
    const now = this.now()
    let dropped = 0
    for (const key of keys) if (this.store.drop(key, now)) dropped++
    return coloured(dropped)
  }

  look(key: string): Out<M, Slot> {
    const node = this.store.read(key)
    return coloured<M, Slot>({ entry: this.#given(node), mark: node })
  }

  swap(key: string, mark: unknown, entry: Entry | undefined): Out<M, boolean> {
    if (this.store.read(key) !== mark) return coloured(false)
    if (entry === undefined) this.store.drop(key, this.now())
    else this.write(key, entry)
    return coloured(true)
  }

  list(prefix: string): Keys<M> {
    return this.store.keys(prefix) as Keys<Mode> as Keys<M>
  }

  wipe(prefix: string): Out<M, void> {
    if (prefix === '') this.store.clear()
    else this.drop([...this.store.keys(prefix)])
    return coloured<M, void>(undefined)
  }

  /** Nothing is open. What is kept stays until it is cleared, expires, or the cache itself is let go. */
  close(): Out<M, void> {
    return coloured<M, void>(this.mode === 'sync' ? undefined : Promise.resolve())
  }

  protected override atHand(key: Key): Entry | undefined {
    if (typeof key !== 'string') return undefined
    const node = this.store.read(this.prefix === '' ? key : this.prefix + key)
    if (node === undefined) return undefined

    // Named, so that V8 sees through it: a function out of a field costs 4 ns more.
    const now = this.now === systemNow ? systemNow() : this.now()
    if (node.deadline <= now) return undefined
    this.events.hit(key)
    return this.#isolating === undefined ? node : this.#given(node)
  }

  #given(node: Entry | undefined): Entry | undefined {
    if (node === undefined || this.#isolating === undefined || !isFresh(node, this.now())) return node
    const { created, expires, until, tags } = node
    return { value: this.#isolating.give(node.value), created, expires, until, tags }
  }

  #spelled(key: string): string {
    return key.slice(this.prefix.length)
  }
}

/** A cache in this process's memory, bounded, that answers at once. */
export class MemoryCache extends MemoryAdapter<'sync'> {
  readonly mode = 'sync'
}

/** A cache in this process's memory, bounded, that answers with promises. */
export class AsyncMemoryCache extends MemoryAdapter<'async'> {
  readonly mode = 'async'
}

function maxEntriesOf(maxEntries: number | null = MemoryStore.MAX_ENTRIES): number | null {
  if (maxEntries === null || (Number.isInteger(maxEntries) && maxEntries > 0)) return maxEntries
  throw new ConfigError(`maxEntries must be a whole number above 0, or null for no bound, not ${String(maxEntries)}.`)
}
