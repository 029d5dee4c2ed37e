import { type CoderName, coderOf } from '../../coder/index.ts'
import { bufferOver } from '../../coder/text.ts'
import { CoderError } from '../../core/errors.ts'
import { quoted } from '../../core/quoted.ts'
import type { Cache, Coder, Entry, Key, Mode } from '../../core/types.ts'
import { jsonKey } from '../../key-text/index.ts'
import type { WrapperOptions } from '../base/wrapped.ts'
import { WiderKeyedCache } from './keyed.ts'

export interface ToBytesOptions extends WrapperOptions {
  /** Writes values as bytes. @default 'json', in UTF-8 */
  coder?: CoderName | Coder | undefined
}

type Json = readonly unknown[] | { readonly [name: string]: unknown }

/** A key, or an array or object that is one: of nothing but plain data, and not empty. */
export type JsonKey = Key | Json

/**
 * Turns values into bytes for a cache within that takes nothing else, or whose bytes others read too: JSON in UTF-8, with
 * tags for what JSON has no words for. A key that is an array or object is its JSON, with the names in order, as the number 1 is
 * the text `'1'`; every other stays the text that it is.
 *
 * @example new ToBytesCache(new BytesCache(new DictCache()))
 */
export class ToBytesCache<M extends Mode = Mode> extends WiderKeyedCache<M, Json, unknown> {
  readonly coder: Coder

  constructor(inner: Cache<M>, { coder, ...options }: ToBytesOptions = {}) {
    super(inner, options)
    this.coder = coderOf(coder)
  }

  protected keyFor(key: JsonKey): Key {
    return typeof key === 'object' && key !== null && !isEmpty(key) ? jsonOf(key) : (key as Key)
  }

  protected seal(_key: string, entry: Entry): Entry {
    const wire = this.coder.encode(entry.value)
    return { ...entry, value: typeof wire === 'string' ? Buffer.from(wire) : bufferOver(wire) }
  }

  protected unseal(_key: string, kept: Entry): Entry {
    if (kept.value instanceof Uint8Array) return { ...kept, value: this.coder.decode(kept.value) }
    throw new CoderError('The stored value is no bytes: ToBytesCache did not write it.')
  }
}

function isEmpty(key: object): boolean {
  return Object.keys(key).length === 0
}

/** Plain data as canonical JSON. Throws a `TypeError` for what JSON has no words for. */
function jsonOf(data: unknown): string {
  const text = jsonKey(data).slice(1, -1)
  try {
    // What is no plain data is written as an expression, which is no JSON.
    JSON.parse(text)
    return text
  } catch {
    throw new TypeError(`A key must be plain data, and there is something else in ${quoted(text)}.`)
  }
}
