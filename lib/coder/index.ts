import { ConfigError } from '../core/errors.ts'
import type { Coder } from '../core/types.ts'
import { coder, type JsonCoder } from './json.ts'
import { MsgpackCoder } from './msgpack.ts'
import { V8Coder } from './v8.ts'

export type { Coder, Wire } from '../core/types.ts'
export type {
  ClassCodec,
  ClassOf,
  CodecClass,
  DecoderRegister,
  DecoratorContext,
  EncoderRegister,
  Register,
  TypedCodec,
} from './codec.ts'
export { coder, decoder, encoder, JsonCoder, type JsonCoderOptions } from './json.ts'
export { MsgpackCoder } from './msgpack.ts'
export { Registry } from './registry.ts'
export { RegistryError, UnknownDecoder, UnknownEncoder } from './registry-errors.ts'
export { V8Coder } from './v8.ts'

/** The names of the coders that come with the package. */
export type CoderName = 'json' | 'msgpack' | 'v8'

type Family = Readonly<Record<CoderName, Coder>>

const families = new WeakMap<JsonCoder, Family>()

/**
 * The coder that comes with the package under a name, or `undefined`.
 * @param json has the registered classes. @default the coder of all caches
 */
export function coderNamed(name: string, json: JsonCoder = coder): Coder | undefined {
  const family = familyOf(json)
  return Object.hasOwn(family, name) ? family[name as CoderName] : undefined
}

/** The coder that an option means: one by name, one's own, or for nothing `json`. Throws `ConfigError` for anything else. */
export function coderOf(option: CoderName | Coder | undefined): Coder {
  if (option === undefined) return coder
  const found = typeof option === 'string' ? coderNamed(option) : option
  if (isCoder(found)) return found
  const known = Object.keys(familyOf(coder)).join(', ')
  throw new ConfigError(
    typeof option === 'string'
      ? `There is no coder ${JSON.stringify(option)}. Known are: ${known}; or give one of your own, with name, encode and decode.`
      : `A coder has a name of letters and digits, and the functions encode and decode. Known by name are: ${known}.`,
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
