import { BytesAdapter } from '../adapter/bytes-adapter.ts'
import type { AdapterOptions, Capabilities, Wire } from '../core/types.ts'

/** The part of a Keyv storage adapter that `fromKeyv` uses. A Map also works. */
export interface KeyvStorage {
  get(key: string): unknown
  set(key: string, value: unknown, ttlOrExpires?: number): unknown
  delete(key: string): unknown
  keys?(): Iterable<unknown>
  iterator?(namespace?: string): AsyncIterable<readonly unknown[]>
  disconnect?(): unknown
  /** Keyv 6: with `expires: true` the third argument of `set` is an absolute time. */
  readonly capabilities?: { readonly expires?: boolean | undefined } | undefined
}

/**
 * Creates a cache over a Keyv storage adapter, such as `new KeyvPostgres(url)`, or over the store of a Keyv instance. Values
 * are stored in polycache's format, as text. The storage belongs to you: `close()` leaves it open.
 *
 * @example asyncAdapterSet(fromKeyv(new KeyvPostgres('postgresql://localhost/app')))
 */
export function fromKeyv(keyv: KeyvStorage | { readonly store: KeyvStorage }, options?: AdapterOptions): KeyvCache {
  return new KeyvCache('store' in keyv ? keyv.store : keyv, options)
}

const BASE64 = 'base64:'

/** The cache that `fromKeyv` creates. */
export class KeyvCache extends BytesAdapter<'async'> {
  readonly mode = 'async'
  readonly #storage: KeyvStorage

  constructor(storage: KeyvStorage, options?: AdapterOptions) {
    super(options)
    this.#storage = storage
  }

  override get capabilities(): Capabilities {
    const lists = this.#storage.keys !== undefined || this.#storage.iterator !== undefined
    return { ...super.capabilities, shared: true, listsKeys: lists, clears: lists }
  }

  protected override get takesText(): boolean {
    return true
  }

  protected override get storeIdentity(): object {
    return this.#storage
  }

  async load(key: string): Promise<Wire | undefined> {
    const text = await this.#storage.get(key)
    if (typeof text !== 'string') return undefined
    return text.startsWith(BASE64) ? Buffer.from(text.slice(BASE64.length), 'base64') : text
  }

  async save(key: string, wire: Wire, ttlMs: number | null): Promise<void> {
    const text = typeof wire === 'string' ? wire : BASE64 + Buffer.from(wire).toString('base64')
    if (ttlMs === null) await this.#storage.set(key, text)
    else await this.#storage.set(key, text, this.#storage.capabilities?.expires === true ? this.now() + ttlMs : ttlMs)
  }

  async drop(keys: readonly string[]): Promise<number> {
    const dropped = await Promise.all(keys.map((key) => this.#storage.delete(key)))
    return dropped.filter((was) => was === true).length
  }

  async *list(prefix: string): AsyncGenerator<string, void, undefined> {
    const { keys } = this.#storage
    if (keys !== undefined) {
      for (const key of [...keys.call(this.#storage)]) if (String(key).startsWith(prefix)) yield String(key)
      return
    }
    for await (const [key] of this.#storage.iterator!()) if (String(key).startsWith(prefix)) yield String(key)
  }

  async close(): Promise<void> {}
}
