import { CacheAdapter } from '../../adapter/cache-adapter.ts'
import { Unsupported } from '../../core/errors.ts'
import type { AdapterOptions, Capabilities, Entry } from '../../core/types.ts'
import { isFresh } from '../../entry/entry.ts'
import { refuseUnknownOptions } from '../../entry/validate.ts'

/** The part of a Map that DictCache uses. Anything of this shape will do. */
export interface MapLike<V = unknown> {
  get(key: string): V | undefined
  set(key: string, value: V): unknown
  delete(key: string): unknown
  /** Tells a value that is `undefined` from a missing one. */
  has?(key: string): boolean
  /** Allows keys to be listed. */
  keys?(): Iterable<unknown>
  /** Removes everything at once. */
  clear?(): void
}

export interface DictOptions extends Pick<AdapterOptions, 'prefix' | 'timeout' | 'onBackendError' | 'clock'> {}

/** Entries of the values in a map, with their TTLs. Caches over the same map share them. */
const entriesOf = new WeakMap<MapLike, Map<string, Entry>>()

/** Entries that are checked for expiry at each write. */
const SWEPT = 2

/**
 * A cache over a Map, or over anything with its verbs. Values are in the map as they were given, for others to see, and
 * their TTLs are kept beside it. What others put into the map is an entry without limit. Entries go only when they expire,
 * and each write checks a few of them: for a bound, use `MemoryCache`.
 *
 * @example
 * const map = new Map<string, unknown>()
 * new DictCache(map).set('hello', 'world', 60)
 * map.get('hello')   // 'world'
 */
export class DictCache extends CacheAdapter<'sync'> {
  static override readonly name: string = 'DictCache'
  readonly mode = 'sync'
  readonly map: MapLike
  readonly #entries: Map<string, Entry>
  #swept: Iterator<[string, Entry]>
  /** Set once it is known if the map answers with copies of objects, which cannot be compared with what was stored. */
  #copies: boolean | undefined

  constructor(map: MapLike = new Map(), options: DictOptions = {}) {
    refuseUnknownOptions(options, ['prefix', 'timeout', 'onBackendError', 'clock'], 'DictCache')
    super(options)
    this.map = mapLike(map)
    this.#entries = entriesOf.get(map) ?? new Map()
    entriesOf.set(map, this.#entries)
    this.#swept = this.#entries.entries()
  }

  override get capabilities(): Capabilities {
    const listsKeys = this.map.keys !== undefined
    const clears = listsKeys || (this.map.clear !== undefined && this.prefix === '')
    return { atomic: true, listsKeys, clears, shared: false, locks: false, millisecondExpiry: true }
  }

  protected override get defaultPrefix(): string {
    return ''
  }

  protected override get storeIdentity(): object {
    return this.map
  }

  protected read(key: string): Entry | undefined {
    const value = this.map.get(key)
    if (value === undefined && this.map.has?.(key) !== true) {
      this.#entries.delete(key)
      return undefined
    }
    const entry = this.#entries.get(key)
    if (entry !== undefined && this.#isOf(entry, value)) return value === entry.value ? entry : { ...entry, value }
    return { value, created: this.now(), expires: null, until: null }
  }

  protected write(key: string, entry: Entry): void {
    this.map.set(key, entry.value)
    this.#entries.set(key, entry)
    if (typeof entry.value === 'object' && entry.value !== null) this.#copies ??= this.map.get(key) !== entry.value
    this.#sweep()
  }

  protected drop(keys: readonly string[]): number {
    let dropped = 0
    for (const key of keys) {
      if (isFresh(this.read(key), this.now())) dropped++
      this.map.delete(key)
      this.#entries.delete(key)
    }
    return dropped
  }

  *list(prefix: string): Generator<string, void, undefined> {
    if (this.map.keys === undefined) throw new Unsupported('keys', this.name, 'Its map has no keys().')
    for (const key of this.map.keys()) if (typeof key === 'string' && key.startsWith(prefix)) yield key
  }

  protected wipe(prefix: string): void {
    if (prefix === '' && this.map.clear !== undefined) {
      this.map.clear()
      this.#entries.clear()
      return
    }
    if (this.map.keys === undefined) throw new Unsupported('clear', this.name, 'Its map has no keys().')
    this.drop([...this.list(prefix)])
  }

  close(): void {}

  /** Tells the value that was stored with an entry from one that others put there since. */
  #isOf(entry: Entry, value: unknown): boolean {
    return Object.is(entry.value, value) || (this.#copies === true && typeof value === 'object')
  }

  #sweep(): void {
    for (let i = 0; i < SWEPT; i++) {
      const { value: next } = this.#swept.next()
      if (next === undefined) {
        this.#swept = this.#entries.entries()
        return
      }
      const [key, { until }] = next
      if (until !== null && until <= this.now()) this.#forget(key)
    }
  }

  /** Removes an expired value, unless others have replaced it. */
  #forget(key: string): void {
    const entry = this.read(key)
    if (entry !== undefined && !isFresh(entry, this.now())) this.map.delete(key)
    this.#entries.delete(key)
  }
}

function mapLike(map: MapLike): MapLike {
  const verbs = [map?.get, map?.set, map?.delete]
  if (verbs.every((verb) => typeof verb === 'function')) return map
  throw new TypeError('DictCache needs a Map, or an object with get, set and delete.')
}
