import type { Packr } from 'msgpackr'
import { optional } from '../core/optional-package.ts'
import { BinaryCoder, type Format, fits } from './binary.ts'
import { type Bytes, bytesClassOf, isWellFormed } from './bytes.ts'
import { coder, type JsonCoder } from './json.ts'
import type { Kind } from './kinds.ts'
import { scanMsgpack } from './scan.ts'

/**
 * Writes values as MessagePack, through the package `msgpackr`: half the size of JSON for lists of like objects, and read
 * twice as fast. The package is loaded at first use; without it that throws `MissingDependency`.
 */
export class MsgpackCoder extends BinaryCoder {
  readonly name = 'msgpack'
  #packr: Packr | undefined

  /** @param json has the registered classes, and writes what MessagePack would not bring back. @default the coder of all caches */
  constructor(json: JsonCoder = coder) {
    super(json)
  }

  protected keeps(value: unknown): boolean {
    return fits(value, MSGPACK_FORMAT)
  }

  protected write(value: unknown): Uint8Array {
    const packr = this.#loaded()
    // It packs into a buffer of its own, over and over. A copy is exactly as long as it is, and shows nothing else.
    const bytes = Buffer.from(packr.pack(value, RESET_BUFFER_MODE))
    if (bytes.length > LARGE) packr.useBuffer(Buffer.allocUnsafeSlow(SMALL))
    return bytes
  }

  protected read(bytes: Buffer): unknown {
    scanMsgpack(bytes)
    return this.#loaded().unpack(bytes)
  }

  #loaded(): Packr {
    this.#packr ??= new (optional<Msgpackr>('msgpackr', 'MsgpackCoder').Packr)(OPTIONS)
    return this.#packr
  }
}

/** msgpackr's word for starting over in its buffer, which grew to four times the size of the largest value so far. */
const RESET_BUFFER_MODE = 1024
const LARGE = 1 << 20
const SMALL = 8192

type Msgpackr = typeof import('msgpackr')

const OPTIONS = {
  moreTypes: true,
  // Bytes in a value would otherwise show the stored bytes themselves, where a write would change what is stored.
  copyBuffers: true,
  // Shared objects go the other way, so that pointers in the data can only be an attack.
  structuredClone: false,
}

// What msgpackr 2.1 makes something else of. `__keys__` is a name of its own in its table of records.
const LOST_KEYS = new Set(['__proto__', '__keys__'])
const LAST_SECOND = 2 ** 32

const MSGPACK_FORMAT: Format = {
  keepsIdentity: false,
  keepsForeign: false,
  // It reads lone surrogates as U+FFFD, and drops a byte order mark that begins a long text.
  keepsText: (text) => isWellFormed(text) && !text.startsWith('\ufeff'),
  keepsKey: (key) => isWellFormed(key) && !key.startsWith('\ufeff') && !LOST_KEYS.has(key),
  keepsNumber: (number) => !Object.is(number, -0),
  keepsLeaf: (value: object, kind: Kind) => {
    if (kind === 'date') return (value as Date).getTime() >= 0 && (value as Date).getTime() < LAST_SECOND * 1000
    return kind === 'bytes' && !LOST_BYTES.has(bytesClassOf(value as Bytes))
  },
}

const LOST_BYTES = new Set(['ArrayBuffer', 'DataView', 'Float16Array'])
