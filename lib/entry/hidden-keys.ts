/**
 * Keys of the library's own entries in a store, such as the generations of memoized functions. They are read and written by
 * the verbs of the store, so that no event counts them, and are left out wherever keys are listed.
 */
const MARK = '\u0001polycache:'

/** The key of an entry of the library, to stand behind the prefix of a cache. */
export function hiddenKey(name: string): string {
  return MARK + name
}

/** Whether a key, whole or without prefixes, is that of an entry of the library. */
export function isHidden(key: string): boolean {
  return key.includes(MARK)
}
