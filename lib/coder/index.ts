export type { Coder, Wire } from '../core/types.ts'
export { type CoderName, coderNamed, coderOf } from './coders.ts'
export { RegistryError, UnknownDecoder, UnknownEncoder } from './failures.ts'
export { coder, decoder, encoder, JsonCoder, type JsonCoderOptions } from './json.ts'
export { MsgpackCoder } from './msgpack.ts'
export type {
  ClassCodec,
  ClassOf,
  CodecClass,
  DecoderRegister,
  DecoratorContext,
  EncoderRegister,
  Register,
  TypedCodec,
} from './registration.ts'
export { Registry } from './registry.ts'
export { V8Coder } from './v8.ts'
