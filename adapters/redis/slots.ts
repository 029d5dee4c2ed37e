import type { Argument } from './client.ts'

/**
 * The slot of a Redis Cluster that a key is in: the CRC16 (XMODEM) of its bytes, or of those between the first braces if
 * there are any, modulo 16384.
 */
export function slotOf(key: Argument): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key
  const open = bytes.indexOf(OPEN)
  const close = open === -1 ? -1 : bytes.indexOf(CLOSE, open)
  const isTagged = close > open + 1
  const end = isTagged ? close : bytes.length

  let crc = 0
  // By index, in place: half the time of a loop over the bytes of a `subarray`.
  for (let i = isTagged ? open + 1 : 0; i < end; i++) crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ bytes[i]!]!
  return crc % 16384
}

const OPEN = 0x7b
const CLOSE = 0x7d

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})
