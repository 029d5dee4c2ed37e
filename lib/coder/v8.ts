import { DefaultDeserializer, serialize } from 'node:v8'
import { BinaryCoder, type Format, fits } from './binary.ts'
import { type Bytes, bufferOf, bytesClassOf, bytesOf } from './bytes.ts'
import { checkGraphDepth } from './depth.ts'
import { coder, type JsonCoder } from './json.ts'
import { scanV8 } from './scan.ts'

/**
 * Writes values in V8's own format, which structured clone uses: for values with many Maps, Sets, bytes or cycles. The bytes
 * depend on the version of Node; a newer version reads those of an older one. The data is checked before V8 reads it, but use
 * this coder only for stores that trusted programs write to: V8's deserializer was not made for hostile data.
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

// V8 turns a URL into an empty object, instances and objects without prototype into plain ones, and loses half of an error.
const V8_LEAVES = new Set(['date', 'regexp', 'bytes'])

const V8_FORMAT: Format = {
  keepsIdentity: true,
  keepsForeign: true,
  keepsText: () => true,
  keepsKey: () => true,
  keepsNumber: () => true,
  keepsLeaf: (_, kind) => V8_LEAVES.has(kind),
}

/** Copies the bytes of views: V8's are views of the stored bytes, so a write would change what is stored. */
class CopyingDeserializer extends DefaultDeserializer {
  // Node's name for this hook, which its types leave out.
  _readHostObject(): object {
    const view = (DefaultDeserializer.prototype as unknown as { _readHostObject(): Bytes })._readHostObject.call(this)
    return bytesOf(bytesClassOf(view), bufferOf(view))
  }
}
