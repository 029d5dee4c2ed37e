import { ConfigError } from '../core/errors.ts'
import type { Coder } from '../core/types.ts'
import { BinaryCoder } from './binary.ts'
import { JsonCoder, coder as sharedJson } from './json.ts'
import { MsgpackCoder } from './msgpack.ts'
import { V8Coder } from './v8.ts'

/** The names of the coders that come with the package. */
export type CoderName = 'json' | 'msgpack' | 'v8'

type Family = Readonly<Record<CoderName, Coder>>

const families = new WeakMap<JsonCoder, Family>()

/**
 * A built-in coder by its name, or `undefined`.
 * @param json has the registered classes. @default the coder of all caches
 */
export function coderNamed(name: string, json: JsonCoder = sharedJson): Coder | undefined {
  const family = familyOf(json)
  return Object.hasOwn(family, name) ? family[name as CoderName] : undefined
}

/**
 * The coder of an option: a built-in one by its name, a custom one, or `json` if the option is missing. Throws
 * `ConfigError` for anything else.
 */
export function coderOf(option: CoderName | Coder | undefined): Coder {
  if (option === undefined) return sharedJson
  const found = typeof option === 'string' ? coderNamed(option) : option
  if (isCoder(found)) return found
  const known = Object.keys(familyOf(sharedJson)).join(', ')
  throw new ConfigError(
    typeof option === 'string'
      ? `Unknown coder ${JSON.stringify(option)}. Expected one of: ${known}; or a custom coder with name, encode and decode.`
      : `A custom coder needs a name of letters and digits, and the functions encode and decode. Built in are: ${known}.`,
  )
}

function familyOf(json: JsonCoder): Family {
  const known = families.get(json)
  if (known !== undefined) return known
  const family = { json, msgpack: new MsgpackCoder(json), v8: new V8Coder(json) }
  families.set(json, family)
  return family
}

function isCoder(option: Coder | undefined): option is Coder {
  return (
    typeof option?.name === 'string' &&
    /^[A-Za-z0-9]+$/.test(option.name) &&
    typeof option.encode === 'function' &&
    typeof option.decode === 'function'
  )
}

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
