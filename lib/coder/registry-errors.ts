import { CoderError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'

/** A codec cannot be registered: its name or class is taken, or it is none. */
export class RegistryError extends CoderError {
  static override readonly name: string = 'RegistryError'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options, 'E_REGISTRY')
  }
}

/** A value has an instance in it of a class that is not registered. */
export class UnknownEncoder extends CoderError {
  static override readonly name: string = 'UnknownEncoder'
  readonly className: string

  /** @param place where in the value it is */
  constructor(className: string, place: string) {
    super(
      `An instance of ${className} cannot be stored (at ${place}): its class is not registered. Register it with ` +
        `coder.register(${className}, { name, encode, decode }), or let a coder made with { unknownClass: 'plain' } store its own properties as a plain object.`,
      undefined,
      'E_UNKNOWN_ENCODER',
    )
    this.className = className
  }
}

/** A stored value has an instance in it of a class that cannot be read here. */
export class UnknownDecoder extends CoderError {
  static override readonly name: string = 'UnknownDecoder'
  /** The name under which the class was registered where it was written. */
  readonly codec: string
  /** The names that can be read here. */
  readonly known: readonly string[]

  /** @param isWritten whether instances of that name are written here */
  constructor(codec: string, known: readonly string[], isWritten: boolean) {
    const missing = isWritten
      ? `of which only the encoder is registered here. Register decoder.register(${quoted(codec)})(decode).`
      : `which is not registered here. Known are: ${known.map(quoted).join(', ') || 'none'}.`
    super(
      `The stored value has an instance of the class registered as ${quoted(codec)}, ${missing}`,
      undefined,
      'E_UNKNOWN_DECODER',
    )
    this.codec = codec
    this.known = known
  }
}
