/**
 * Keys of the library's own entries in a store, such as the generations of memoized functions. The library reads and writes
 * them on the store, so that no event counts them; lists of keys leave them out.
 */
const MARK = '\u0001polycache:'

/** Returns the key of an entry of the library. A cache's prefix goes in front of it. */
export function hiddenKey(name: string): string {
  return MARK + name
}

/** Returns whether a key, with or without prefixes, is that of an entry of the library. */
export function isHidden(key: string): boolean {
  return key.includes(MARK)
}
