import { ConfigError } from '../core/errors.ts'
import type { Coder } from '../core/types.ts'
import { BinaryCoder } from './binary.ts'
import { type CoderName, coderNamed, coderOf } from './index.ts'
import { JsonCoder, coder as sharedJson } from './json.ts'

/**
 * Choosing the coder that decodes stored data.
 *
 * The data names its coder, and whoever writes to the store writes the data. So a cache decodes with its own coder and with
 * `json`, which is safe for any bytes, and with no other unless the option `coders` allows it: 700 bytes of V8's format can
 * take all memory.
 */
export type Decoders = (name: string) => Coder | undefined

/**
 * Finds a decoder by the name in stored data, among those that a cache may use; `undefined` for any other.
 * @param coder the coder that the cache writes with
 * @param coders further coders that it may read. Throws `ConfigError` for those that do not exist
 */
export function decodersOf(coder: Coder, coders: readonly (CoderName | Coder)[] = []): Decoders {
  if (!Array.isArray(coders)) throw new ConfigError(`coders must be a list, such as ['v8'].`)
  const allowed = new Map<string, Coder>([['json', jsonOf(coder)]])
  for (const option of coders) {
    const found = coderOf(option)
    allowed.set(found.name, typeof option === 'string' ? coderBeside(coder, found.name)! : found)
  }
  allowed.set(coder.name, coder)
  return (name) => (name === coder.name ? coder : allowed.get(name))
}

/** The coder of a name with the registered classes of `coder`, or `coder` itself. `undefined` if there is none. */
export function coderBeside(coder: Coder, name: string): Coder | undefined {
  return name === coder.name ? coder : coderNamed(name, jsonOf(coder))
}

/** The JSON coder with the registered classes of a coder: for a coder that is not ours, the one that all caches share. */
export function jsonOf(coder: Coder): JsonCoder {
  if (coder instanceof JsonCoder) return coder
  return coder instanceof BinaryCoder ? coder.json : sharedJson
}
