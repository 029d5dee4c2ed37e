import { bufferOver } from '../../coder/bytes.ts'
import { type CoderName, coderOf } from '../../coder/index.ts'
import { CoderError } from '../../core/errors.ts'
import { quoted } from '../../core/quoted.ts'
import type { Cache, Coder, Entry, Key, Mode } from '../../core/types.ts'
import { jsonKey } from '../../key-text/index.ts'
import { checkOptions, type WrapperOptions } from '../base/wrapped.ts'
import { WiderKeyedCache } from './keyed.ts'

/** Options of a `ToBytesCache`. */
export interface ToBytesOptions extends WrapperOptions {
  /** Writes values as bytes. @default 'json', in UTF-8 */
  coder?: CoderName | Coder | undefined
}

type Json = readonly unknown[] | { readonly [name: string]: unknown }

/** A key, or an array or object that is one: plain data, and not empty. */
export type JsonKey = Key | Json

/**
 * Turns values into bytes, for a cache that takes nothing else, or whose bytes others read too: JSON in UTF-8, with tags for
 * what JSON cannot express. A key that is an array or object is its JSON, with sorted names, as the number 1 is the text
 * `'1'`; any other key stays as it is.
 *
 * @example new ToBytesCache(new BytesCache(new DictCache()))
 */
export class ToBytesCache<M extends Mode = Mode> extends WiderKeyedCache<M, Json, unknown> {
  static override readonly name: string = 'ToBytesCache'
  readonly coder: Coder

  constructor(inner: Cache<M>, options: ToBytesOptions = {}) {
    checkOptions(options, ['coder'], 'ToBytesCache')
    const { coder, ...rest } = options
    super(inner, rest)
    this.coder = coderOf(coder)
  }

  protected override keyOf(key: JsonKey): string {
    return typeof key === 'object' && key !== null && !isEmpty(key) ? jsonOf(key) : super.keyOf(key as Key)
  }

  protected override seal(_key: string, entry: Entry): Entry {
    const wire = this.coder.encode(entry.value)
    return { ...entry, value: typeof wire === 'string' ? Buffer.from(wire) : bufferOver(wire) }
  }

  protected override unseal(_key: string, stored: Entry): Entry {
    if (stored.value instanceof Uint8Array) return { ...stored, value: this.coder.decode(stored.value) }
    throw new CoderError('The stored value is not bytes: it was not written by this cache.')
  }
}

function isEmpty(key: object): boolean {
  return Object.keys(key).length === 0
}

/** Plain data as canonical JSON. Throws a `TypeError` for what JSON cannot express. */
function jsonOf(data: unknown): string {
  const text = jsonKey(data).slice(1, -1)
  try {
    // Anything but plain data is written as an expression, which is not JSON.
    JSON.parse(text)
    return text
  } catch {
    throw new TypeError(`A key must be plain data, and ${quoted(text)} contains something else.`)
  }
}
