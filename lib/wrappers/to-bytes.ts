import type { Coder } from '../coder/coder.ts'
import { type CoderName, coderOf } from '../coder/index.ts'
import { bufferOver } from '../coder/text.ts'
import type { Cache, Entry, Mode } from '../contract.ts'
import { CoderError } from '../errors.ts'
import { TransformedCache } from '../transformed.ts'
import type { WrapperOptions } from '../wrapped.ts'

export interface ToBytesOptions extends WrapperOptions {
  /** Writes values as bytes. @default 'json', in UTF-8 */
  coder?: CoderName | Coder | undefined
}

/**
 * Turns values into bytes for a cache within that takes nothing else, or whose bytes others read too: JSON in UTF-8, with
 * tags for what JSON has no words for. Keys stay the text that they are.
 *
 * @example new ToBytesCache(new BytesCache(new DictCache()))
 */
export class ToBytesCache<M extends Mode = Mode> extends TransformedCache<M> {
  readonly coder: Coder

  constructor(inner: Cache<M>, { coder, ...options }: ToBytesOptions = {}) {
    super(inner, options)
    this.coder = coderOf(coder)
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
