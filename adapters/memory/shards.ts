/** From so many entries on an index is divided. */
export const LARGE = 2 ** 17

/** A power of two. */
const SHARDS = 64

/** The part of a Map that a store has its slots in. */
export interface Index extends Iterable<[string, number]> {
  readonly size: number
  get(key: string): number | undefined
  set(key: string, slot: number): unknown
  delete(key: string): boolean
  keys(): IterableIterator<string>
  values(): IterableIterator<number>
}

/** An index for so many entries. */
export function indexFor(entries: number): Index {
  return entries > LARGE ? new Shards() : new Map()
}

/**
 * Many Maps in place of one. V8 writes a Map anew when it has grown or lost enough: with a million entries that stops everything
 * for 40 to 100 ms (node 20), with a 64th of them for 1. Which one a key is in follows from four of its characters: keys that
 * are all alike in these are in one Map, and no worse off than without.
 */
class Shards implements Index {
  readonly #maps = Array.from({ length: SHARDS }, () => new Map<string, number>())
  size = 0

  get(key: string): number | undefined {
    return this.#of(key).get(key)
  }

  set(key: string, slot: number): void {
    const map = this.#of(key)
    const before = map.size
    map.set(key, slot)
    this.size += map.size - before
  }

  delete(key: string): boolean {
    const isThere = this.#of(key).delete(key)
    if (isThere) this.size--
    return isThere
  }

  *keys(): Generator<string, undefined, undefined> {
    for (const map of this.#maps) yield* map.keys()
    return undefined
  }

  *values(): Generator<number, undefined, undefined> {
    for (const map of this.#maps) yield* map.values()
    return undefined
  }

  *[Symbol.iterator](): Generator<[string, number], undefined, undefined> {
    for (const map of this.#maps) yield* map
    return undefined
  }

  #of(key: string): Map<string, number> {
    const { length } = key
    if (length < 4) return this.#maps[length]!
    // Numbers at the end of a key fill all shards evenly, and so do those before an ending that is always the same.
    const end = key.charCodeAt(length - 1) + 10 * key.charCodeAt(length - 2)
    const mixed = end + 7 * key.charCodeAt(length - 4) + 37 * key.charCodeAt(length >>> 1)
    return this.#maps[(mixed + length) & (SHARDS - 1)]!
  }
}
