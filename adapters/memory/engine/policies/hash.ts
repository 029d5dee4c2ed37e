const { imul } = Math

/**
 * A 32-bit hash of a key. The secret is odd and random per store, so that nobody can prepare keys that collide. Each pair of
 * characters is multiplied by it twice before it meets the others: differences between two keys cannot be made to cancel out.
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

/** The secret of a store, from its seed. */
export function secretOf(seed: number): number {
  return imul(seed ^ 0x85eb_ca6b, 0x9e37_79b1) | 1
}
