/** The most characters at either end of a key that its hash depends on. */
const ENDS = 128

/**
 * A hash of 32 bits. The seed is another one in every cache, so that nobody can prepare keys that collide (see also the admission
 * by chance in `tiny-lfu.ts`). Two keys with one hash share a frequency, and nothing else.
 */
export function hashOf(key: string, seed: number): number {
  const { length } = key
  let hash = seed ^ length
  if (length <= 2 * ENDS) return finished(mixed(hash, key, 0, length))
  hash = mixed(hash, key, 0, ENDS)
  return finished(mixed(hash, key, length - ENDS, length))
}

/** Two characters at a time: reading them takes longer than all the rest. */
function mixed(start: number, key: string, from: number, to: number): number {
  let hash = start
  let i = from
  for (; i + 1 < to; i += 2) {
    hash = Math.imul(hash ^ key.charCodeAt(i) ^ (key.charCodeAt(i + 1) << 16), 0x9e37_79b1)
    hash ^= hash >>> 15
  }
  return i < to ? Math.imul(hash ^ key.charCodeAt(i), 0x9e37_79b1) : hash
}

/** Spreads what is in a hash over all its bits (the finaliser of MurmurHash3 by Appleby, in the public domain). */
function finished(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return h ^ (h >>> 16)
}
