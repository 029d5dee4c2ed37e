const { imul } = Math

/**
 * A hash of 32 bits of the whole key. The secret is another one in every cache, and odd; without it nobody can prepare keys that
 * collide: each two characters are multiplied twice by it before they meet the others, so that what two keys differ in cannot be
 * made to cancel out.
 */
export function hashOf(key: string, secret: number): number {
  const { length } = key
  let hash = imul(length, secret)
  for (let i = 1; i < length; i += 2) {
    const two = imul(key.charCodeAt(i - 1) ^ (key.charCodeAt(i) << 16), secret)
    const mixed = imul(two ^ (two >>> 15), secret)
    hash = imul(hash ^ (mixed << 16) ^ (mixed >>> 16), secret)
  }
  if ((length & 1) === 1) hash = imul(hash ^ key.charCodeAt(length - 1), secret)
  hash = imul(hash ^ (hash >>> 15), secret)
  return hash ^ (hash >>> 14)
}

/** The secret for the hashes of a cache that follows from a seed. */
export function secretOf(seed: number): number {
  return imul(seed ^ 0x85eb_ca6b, 0x9e37_79b1) | 1
}
