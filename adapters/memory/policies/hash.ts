/** Any numbers will do; the second one is odd, and near the golden ratio of 2^32 (Knuth, "The Art of Computer Programming", 6.4). */
const SALT = 0x85eb_ca6b
const ODD = 0x9e37_79b1

/**
 * A hash of 32 bits of the whole key. The seed is another one in every cache, and without it nobody can prepare keys that collide:
 * each two characters are multiplied twice by a number that follows from it before they meet the others, so that what two keys
 * differ in cannot be made to cancel out.
 */
export function hashOf(key: string, seed: number): number {
  const { length } = key
  const secret = Math.imul(seed ^ SALT, ODD) | 1
  let hash = seed ^ length
  let i = 0
  for (; i + 1 < length; i += 2) {
    const two = Math.imul(key.charCodeAt(i) ^ (key.charCodeAt(i + 1) << 16), secret)
    const mixed = Math.imul(two ^ (two >>> 15), secret)
    hash = Math.imul(hash ^ (mixed << 16) ^ (mixed >>> 16), ODD)
  }
  if (i < length) hash = Math.imul(hash ^ Math.imul(key.charCodeAt(i), secret), ODD)
  hash = Math.imul(hash ^ (hash >>> 15), secret)
  return hash ^ (hash >>> 14)
}
