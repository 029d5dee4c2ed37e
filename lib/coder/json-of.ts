import type { Coder } from '../core/types.ts'
import { BinaryCoder } from './binary.ts'
import { JsonCoder, coder as ofAllCaches } from './json.ts'

/** The JSON coder that has the registered classes of a coder. One that is not ours knows none: it is that of all caches then. */
export function jsonOf(coder: Coder): JsonCoder {
  if (coder instanceof JsonCoder) return coder
  return coder instanceof BinaryCoder ? coder.json : ofAllCaches
}
