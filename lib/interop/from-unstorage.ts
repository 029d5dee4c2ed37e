import { BytesAdapter } from '../adapter/bytes-adapter.ts'
import type { AdapterOptions, Capabilities, Wire } from '../core/types.ts'
import { fromWellFormed, toWellFormed } from '../entry/keys.ts'

/** The part of an unstorage `Storage` that `fromUnstorage` uses. */
export interface Storage {
  getItemRaw(key: string): Promise<unknown>
  setItemRaw(key: string, value: unknown, options?: { ttl?: number }): Promise<void>
  hasItem(key: string): Promise<boolean>
  removeItem(key: string): Promise<void>
  getKeys(base?: string): Promise<string[]>
}

/**
 * Creates a cache over any unstorage storage: file systems, cloud stores, KV stores at the edge. Values are stored in
 * polycache's format. The storage belongs to you: `close()` leaves it open.
 *
 * @example asyncAdapterSet(fromUnstorage(createStorage({ driver: fsDriver({ base: './cache' }) })))
 */
export function fromUnstorage(storage: Storage, options?: AdapterOptions): UnstorageCache {
  return new UnstorageCache(storage, options)
}

/** The cache that `fromUnstorage` creates. */
export class UnstorageCache extends BytesAdapter<'async'> {
  readonly mode = 'async'
  readonly #storage: Storage

  constructor(storage: Storage, options?: AdapterOptions) {
    super(options)
    this.#storage = storage
  }

  override get capabilities(): Capabilities {
    return { ...super.capabilities, shared: true }
  }

  protected override get storeIdentity(): object {
    return this.#storage
  }

  async load(key: string): Promise<Wire | undefined> {
    const stored = await this.#storage.getItemRaw(nameOf(key))
    if (stored === null || stored === undefined) return undefined
    if (typeof stored === 'string') return stored
    return stored instanceof ArrayBuffer ? new Uint8Array(stored) : (stored as Uint8Array)
  }

  async save(key: string, wire: Wire, ttlMs: number | null): Promise<void> {
    // Drivers use whole seconds; the entry itself has the exact deadline.
    await this.#storage.setItemRaw(nameOf(key), wire, ttlMs === null ? {} : { ttl: Math.ceil(ttlMs / 1000) })
  }

  async drop(keys: readonly string[]): Promise<number> {
    const dropped = await Promise.all(keys.map((key) => this.#drop(nameOf(key))))
    return dropped.filter(Boolean).length
  }

  async *list(prefix: string): AsyncGenerator<string, void, undefined> {
    for (const name of await this.#storage.getKeys()) {
      const key = keyOf(name)
      if (key?.startsWith(prefix)) yield key
    }
  }

  async close(): Promise<void> {}

  async #drop(name: string): Promise<boolean> {
    if (!(await this.#storage.hasItem(name))) return false
    await this.#storage.removeItem(name)
    return true
  }
}

/** Encodes a key so that unstorage does not rewrite it (it turns `/` into `:` and cuts at `?`). */
function nameOf(key: string): string {
  return `k${Buffer.from(toWellFormed(key)).toString('hex')}`
}

function keyOf(name: string): string | undefined {
  return /^k(?:[0-9a-f]{2})*$/.test(name) ? fromWellFormed(Buffer.from(name.slice(1), 'hex').toString()) : undefined
}
