import { DefaultDeserializer, serialize } from 'node:v8'
import { BinaryCoder } from './binary.ts'
import { type Bytes, bufferOf, bytesClassOf, bytesOf } from './bytes.ts'
import { checkGraphDepth } from './depth.ts'
import { type Format, fits } from './fitting.ts'
import { coder, type JsonCoder } from './json.ts'
import { scanV8 } from './scan.ts'

/**
 * Writes values in V8's own format, that of structured clone: for values with much of what JSON has no words for. Its bytes
 * depend on the version of Node, a newer one reads those of an older one. For a store that only trusted programs write to:
 * V8 takes the sizes in the bytes on trust.
 */
export class V8Coder extends BinaryCoder {
  readonly name = 'v8'

  /** @param json has the registered classes, and writes what V8 would not bring back. @default the coder of all caches */
  constructor(json: JsonCoder = coder) {
    super(json)
  }

  protected keeps(value: unknown): boolean {
    return fits(value, V8_FORMAT)
  }

  protected write(value: unknown): Uint8Array {
    return serialize(value)
  }

  protected read(bytes: Buffer): unknown {
    const hasReferences = scanV8(bytes)
    const reader = new CopyingDeserializer(bytes)
    reader.readHeader()
    const value: unknown = reader.readValue()
    if (hasReferences) checkGraphDepth(value)
    return value
  }
}

// It makes an empty object of a URL, a plain one of instances and of what has no prototype, and of errors it keeps but half.
const V8_LEAVES = new Set(['date', 'regexp', 'bytes'])

const V8_FORMAT: Format = {
  keepsIdentity: true,
  keepsForeign: true,
  keepsText: () => true,
  keepsKey: () => true,
  keepsNumber: () => true,
  keepsLeaf: (_, kind) => V8_LEAVES.has(kind),
}

/** Gives views a buffer of their own: V8's show the stored bytes themselves, where a write would change what is stored. */
class CopyingDeserializer extends DefaultDeserializer {
  // Node's name for it; its types leave it out.
  _readHostObject(): object {
    const view = (DefaultDeserializer.prototype as unknown as { _readHostObject(): Bytes })._readHostObject.call(this)
    return bytesOf(bytesClassOf(view), bufferOf(view))
  }
}
