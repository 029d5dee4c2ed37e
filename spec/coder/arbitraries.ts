import fc from 'fast-check'
import { define, put } from '../../lib/coder/plain.ts'

const unit = fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code))

/** Any text: lone surrogates, what begins a tag, what is longer than a MessagePack header. */
export const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit }),
  fc.constantFrom(
    '$date',
    '$$map',
    '$',
    '{"$',
    '\ufeffmark',
    `\ufeff${'x'.repeat(70)}`,
    'é'.repeat(40),
    '中'.repeat(99),
  ),
)

/** Any key, those that mean something to somebody among them. */
export const key = fc.oneof(
  { weight: 3, arbitrary: text },
  fc.constantFrom('__proto__', '__keys__', 'constructor', 'toJSON', 'hasOwnProperty', 'then', '0', '10', 'a', 'b'),
)

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, 2 ** 31, 2 ** 32, -(2 ** 31), 2 ** 53, 63, 64, 127, 128, -32, -33, 65536),
)

const bytes = fc.uint8Array({ maxLength: 20 })

const leaf = fc.oneof(
  { weight: 2, arbitrary: text },
  { weight: 2, arbitrary: number },
  fc.constantFrom(null, undefined, true, false),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.date({ noInvalidDate: false }),
  bytes,
  bytes.map((bytes) => Buffer.concat([Buffer.from('secret'), bytes]).subarray(6)),
  bytes.map((bytes) => bytes.slice().buffer),
  fc.float64Array({ maxLength: 4 }),
  fc.constantFrom(/a/g, /\u{1f600}/u),
  fc.webUrl().map((url) => new URL(url)),
)

/**
 * Any value that the coders take, as deep as it happens to be.
 * @param more makes further ones of values
 */
export function valueAnd(more: (value: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown> {
  const { value } = fc.letrec((tie) => {
    const entries = fc.array(fc.tuple(key, tie('value')), { maxLength: 4 })
    return {
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { weight: 5, arbitrary: leaf },
        { weight: 2, arbitrary: entries.map((entries) => withProperties({}, entries)) },
        { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 5 }) },
        entries.map((entries) => withProperties(Object.create(null), entries)),
        entries.map((entries) => withProperties([], entries)),
        entries.map((entries) => new Map(entries)),
        fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
        fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
        fc.tuple(text, tie('value')).map(([message, cause]) => new RangeError(message, { cause })),
        fc.tuple(text, entries).map(([message, fields]) => withFields(new Error(message), fields)),
        // The same twice, and a way back to the whole.
        tie('value').map((part) => ({ part, again: [part] })),
        tie('value').map((part) => turningBack({ part })),
        ...more(tie('value')),
      ),
    }
  })
  return value
}

/** Any value that the coders take without knowing a class. */
export const value = valueAnd(() => [])

function withProperties<T extends object>(target: T, entries: [string, unknown][]): T {
  for (const [key, item] of entries) if (key !== 'length') put(target, key, item)
  return target
}

function withFields(error: Error, entries: [string, unknown][]): Error {
  for (const [key, item] of entries) if (!(key in error)) define(error, key, item, true)
  return error
}

function turningBack(value: Record<string, unknown>): unknown {
  value.back = [value]
  return value
}
