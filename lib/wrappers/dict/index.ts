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
  /** Tells a value that is `undefined` from none. */
  has?(key: string): boolean
  /** Lets keys be listed. */
  keys?(): Iterable<unknown>
  /** Removes everything at once. */
  clear?(): void
}

export interface DictOptions extends Pick<AdapterOptions, 'prefix' | 'timeout' | 'onBackendError' | 'clock'> {}

/** The lives of the values in a map, which caches over the same one share. */
const livesOf = new WeakMap<MapLike, Map<string, Entry>>()

/** At each write so many lives are looked at, whether they are over. */
const SWEPT = 2

/**
 * A cache over a Map, or over anything that has its verbs: the values are in it as they were given, for others to see, and
 * their lives are beside it. What others put into the map is an entry without limit. Nothing but the end of their lives
 * removes entries, of which a few are looked at with each write: for a bound, use `MemoryCache`.
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
  readonly #lives: Map<string, Entry>
  #swept: Iterator<[string, Entry]>
  /** Whether the map gives out copies of objects, so that nobody can tell whose they are; `undefined` before the first one. */
  #copies: boolean | undefined

  constructor(map: MapLike = new Map(), options: DictOptions = {}) {
    refuseUnknownOptions(options, ['prefix', 'timeout', 'onBackendError', 'clock'], 'DictCache')
    super(options)
    this.map = mapLike(map)
    this.#lives = livesOf.get(map) ?? new Map()
    livesOf.set(map, this.#lives)
    this.#swept = this.#lives.entries()
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
      this.#lives.delete(key)
      return undefined
    }
    const entry = this.#lives.get(key)
    if (entry !== undefined && this.#isOf(entry, value)) return value === entry.value ? entry : { ...entry, value }
    return { value, created: this.now(), expires: null, until: null }
  }

  protected write(key: string, entry: Entry): void {
    this.map.set(key, entry.value)
    this.#lives.set(key, entry)
    if (typeof entry.value === 'object' && entry.value !== null) this.#copies ??= this.map.get(key) !== entry.value
    this.#sweep()
  }

  protected drop(keys: readonly string[]): number {
    let dropped = 0
    for (const key of keys) {
      if (isFresh(this.read(key), this.now())) dropped++
      this.map.delete(key)
      this.#lives.delete(key)
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
      this.#lives.clear()
      return
    }
    if (this.map.keys === undefined) throw new Unsupported('clear', this.name, 'Its map has no keys().')
    this.drop([...this.list(prefix)])
  }

  /** Nothing is open. */
  close(): void {}

  /** Whether a value in the map is the one that was stored with that life, and not what somebody put there since. */
  #isOf(entry: Entry, value: unknown): boolean {
    return Object.is(entry.value, value) || (this.#copies === true && typeof value === 'object')
  }

  #sweep(): void {
    for (let i = 0; i < SWEPT; i++) {
      const { value: next } = this.#swept.next()
      if (next === undefined) {
        this.#swept = this.#lives.entries()
        return
      }
      const [key, { until }] = next
      if (until !== null && until <= this.now()) this.#forget(key)
    }
  }

  /** Removes what is over, unless it is by now the value of somebody else. */
  #forget(key: string): void {
    const entry = this.read(key)
    if (entry !== undefined && !isFresh(entry, this.now())) this.map.delete(key)
    this.#lives.delete(key)
  }
}

function mapLike(map: MapLike): MapLike {
  const verbs = [map?.get, map?.set, map?.delete]
  if (verbs.every((verb) => typeof verb === 'function')) return map
  throw new TypeError('DictCache keeps its values in a Map, or in something else that has get, set and delete.')
}
