import { malformed } from './failures.ts'

/** A class of Temporal, as far as coders use it. */
interface TemporalClass {
  readonly prototype: object & { toString(): string }
  from(text: string): object
}

const CLASSES = [
  'Duration',
  'Instant',
  'PlainDate',
  'PlainDateTime',
  'PlainMonthDay',
  'PlainTime',
  'PlainYearMonth',
  'ZonedDateTime',
]

/**
 * The name of a Temporal object's class, and its text, from which the class makes it again to the nanosecond, with time zone
 * and calendar. `undefined` for any other object, and where `globalThis.Temporal` is missing.
 */
export function temporalParts(value: object): [name: string, text: string] | undefined {
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  if (typeof tag !== 'string' || !tag.startsWith('Temporal.')) return undefined
  const name = tag.slice('Temporal.'.length)
  const Class = temporalClass(name)
  try {
    // Another realm's has the internal slots too: they count, not the constructor. Without them, `toString` throws.
    return Class && [name, Class.prototype.toString.call(value)]
  } catch {
    return undefined
  }
}

/** The Temporal object of a name and a text. Throws `CoderError` for others, and where there is no Temporal. */
export function temporalOf([name, text]: unknown[]): object {
  const Class = temporalClass(name)
  if (Class === undefined || typeof text !== 'string') throw malformed('$temporal')
  try {
    return Class.from(text)
  } catch {
    // The RangeError quotes the stored text.
    throw malformed('$temporal')
  }
}

// Looked up each time: a polyfill may come later than this module.
function temporalClass(name: unknown): TemporalClass | undefined {
  if (typeof name !== 'string' || !CLASSES.includes(name)) return undefined
  return (globalThis as { Temporal?: Record<string, TemporalClass> }).Temporal?.[name]
}
