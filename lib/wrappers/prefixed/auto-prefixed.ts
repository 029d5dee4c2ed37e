import { encode as base85 } from '../../coder/base85.ts'
import { ConfigError } from '../../core/errors.ts'
import type { Cache, Mode } from '../../core/types.ts'
import type { Loads } from '../../single-flight/loads.ts'
import { checkOptions, type WrapperOptions } from '../base/wrapped.ts'
import { PrefixedCache } from './index.ts'

/** Options of an `AutoPrefixedCache`. */
export interface AutoPrefixedOptions extends WrapperOptions {
  /** Text that ends the prefix. @default '.' */
  sep?: string | undefined
  /** Encoding of the counter: `b64 b64u b32 b32x b16 a85 b85`. @default 'b64' */
  method?: PrefixMethod | undefined
  /** Replaces the counter, and is the same in every process and version. Recommended wherever a store is shared. */
  name?: string | undefined
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BASE32_HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'
/** The 85 characters from `!` on. */
const ASCII85 = String.fromCharCode(...Array.from({ length: 85 }, (_, digit) => 33 + digit))

/** Encodings of a big-endian number, padded as Python's `base64` pads them. */
const METHODS = {
  b64: (bytes: Buffer) => bytes.toString('base64'),
  b64u: (bytes: Buffer) => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  b32: (bytes: Buffer) => base32(bytes, BASE32),
  b32x: (bytes: Buffer) => base32(bytes, BASE32_HEX),
  b16: (bytes: Buffer) => bytes.toString('hex').toUpperCase(),
  a85: (bytes: Buffer) => base85(bytes, ASCII85),
  b85: (bytes: Buffer) => base85(bytes),
}

/** Encoding of the counter: base64, URL-safe base64, base32, base32hex, base16, Ascii85 or base85. */
export type PrefixMethod = keyof typeof METHODS

let warned = false

/**
 * A `PrefixedCache` whose prefix is a counter: `AA==.`, `AQ==.`, `Ag==.`...
 *
 * **The order in which these caches are created is part of every key.** Two processes, or two versions of one program, that
 * create them in another order read each other's values. A process warning (`POLYCACHE_AUTO_PREFIX`) says so once when the
 * store is shared between processes: give each cache a `name`.
 */
export class AutoPrefixedCache<M extends Mode = Mode> extends PrefixedCache<M> {
  static override readonly name: string = 'AutoPrefixedCache'
  /** Number of prefixes counted so far, in the whole process. Set it to 0 to start over, in tests. */
  static counter = 0

  readonly #isCounted: boolean

  /** Throws `ConfigError` for an unknown method, `TypeError` for a name or separator that is not text. */
  constructor(inner: Cache<M>, options: AutoPrefixedOptions = {}) {
    checkOptions(options, ['sep', 'method', 'name'], 'AutoPrefixedCache')
    const { sep = '.', method = 'b64', name, ...rest } = options
    for (const text of [sep, name ?? '']) {
      if (typeof text !== 'string') throw new TypeError('sep and name must be text.')
    }
    const counted = encoded(AutoPrefixedCache.counter, method)
    super(inner, (name ?? counted) + sep, rest)
    this.#isCounted = name === undefined
    if (this.#isCounted) AutoPrefixedCache.counter++
  }

  // Every verb that loads or changes something asks for the loads. The constructor cannot ask whether the store is shared: a
  // synchronous cache of a remote backend would have to start its worker to know.
  protected override get loads(): Loads {
    if (!warned && this.#isCounted && this.capabilities.shared) warn(this.prefix)
    return super.loads
  }
}

/** A count in as few bytes as possible, but at least one, as text. */
function encoded(count: number, method: PrefixMethod): string {
  if (!Object.hasOwn(METHODS, method)) {
    const known = Object.keys(METHODS).join(', ')
    throw new ConfigError(`Unknown prefix method ${JSON.stringify(method)}. Expected one of: ${known}.`)
  }
  const hex = count.toString(16)
  return METHODS[method](Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
}

function base32(bytes: Buffer, alphabet: string): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  const digits = bits.match(/.{1,5}/g) ?? []
  const text = digits.map((digit) => alphabet[Number.parseInt(digit.padEnd(5, '0'), 2)]).join('')
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=')
}

function warn(prefix: string): void {
  warned = true
  process.emitWarning(
    `An AutoPrefixedCache stores its keys under ${JSON.stringify(prefix)} in a store that other processes share. The order in which these caches are created is part of the keys and must be the same in all of them. Give each cache a name.`,
    { code: 'POLYCACHE_AUTO_PREFIX' },
  )
}
