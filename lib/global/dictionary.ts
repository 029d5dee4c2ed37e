import type { Cache, Mode } from '../core/types.ts'

/**
 * A cache as a dictionary, for any key: read, assign (with the default timeout), `in`, `delete`, and iterate over
 * `[key, value]` if the adapter can list keys. A missing key reads as `undefined`.
 */
export type Items<M extends Mode> = { [key: string]: unknown } & (M extends 'sync'
  ? Iterable<[string, unknown]>
  : AsyncIterable<[string, unknown]>)

/** The operations of a dictionary on its cache. */
export interface Access {
  cache(): Cache
  /** Returns whether results are promises. */
  isAsync(): boolean
  get(key: string): unknown
  assign(key: string, value: unknown): void
  remove(key: string): void
}

/** Properties that runtimes read of any object to detect a promise or a JSON form. */
const PROBES: readonly (string | symbol)[] = ['then', 'toJSON']

/** Returns whether a property may be a key of `cached`: any text except those that runtimes read and those of `Object.prototype`. */
export function isKey(property: string | symbol): property is string {
  return typeof property === 'string' && !PROBES.includes(property) && !(property in Object.prototype)
}

/** Creates the dictionary over a cache. */
export function itemsOf<M extends Mode>(access: Access): Items<M> {
  const { isAsync } = access
  // An awaited dictionary must not look like a promise. All other names are keys.
  const isItem = (property: string | symbol): property is string =>
    typeof property === 'string' && !(property === 'then' && isAsync())

  return new Proxy(Object.create(null), {
    get(_, property) {
      if (property === Symbol.iterator) return isAsync() ? undefined : () => each(access.cache())
      if (property === Symbol.asyncIterator) return isAsync() ? () => eachLater(access.cache()) : undefined
      return isItem(property) ? access.get(property) : undefined
    },
    set(_, property, value) {
      if (!isItem(property)) throw new TypeError(`${String(property)} cannot be a key of a dictionary. Use set().`)
      access.assign(property, value)
      return true
    },
    has(_, property) {
      refuseAsync(access, property)
      return isItem(property) && Boolean(access.cache().has(property))
    },
    deleteProperty(_, property) {
      if (isItem(property)) access.remove(property)
      return true
    },
    ownKeys() {
      if (isAsync())
        throw new TypeError('An asynchronous cache cannot list its keys synchronously. Use for await (... of items).')
      return [...(access.cache().keys() as Iterable<string>)]
    },
    getOwnPropertyDescriptor(_, property) {
      if (!isItem(property) || !access.cache().has(property)) return undefined
      return { value: access.get(property), writable: true, enumerable: true, configurable: true }
    },
  }) as Items<M>
}

/** Throws for `in` on an asynchronous cache, because its result cannot be a promise. */
export function refuseAsync(access: Access, property: string | symbol): void {
  if (access.isAsync()) {
    throw new TypeError(
      `"${String(property)}" in an asynchronous cache cannot be checked synchronously. Use await has().`,
    )
  }
}

function* each(cache: Cache): Generator<[string, unknown], void, undefined> {
  for (const key of cache.keys() as Iterable<string>) {
    const value = cache.get(key)
    if (value !== undefined || cache.has(key)) yield [key, value]
  }
}

async function* eachLater(cache: Cache): AsyncGenerator<[string, unknown], void, undefined> {
  for await (const key of cache.keys()) {
    const value = await cache.get(key)
    if (value !== undefined || (await cache.has(key))) yield [key, value]
  }
}
