import { types } from 'node:util'
import { errorParts } from '../coder/error-parts.ts'
import { coder } from '../coder/json.ts'
import { classNameOf, type Kind, kindOf } from '../coder/kinds.ts'
import { isDense } from '../coder/plain.ts'
import { quoted } from '../core/quoted.ts'
import { shortDigest } from './digest.ts'
import { leafText, quotedText } from './leaf.ts'
import { sorted, sortedNames } from './names.ts'

/** The maximum nesting depth of arrays and objects. */
const MAX_DEPTH = 256

/** The maximum length of a key's text, in characters. */
const MAX_LENGTH = 1 << 24

/** The maximum length of a part in a text that is hashed. A longer part is replaced by its own hash. */
const MAX_PART = 1 << 16

/** The number of objects that are written before texts are memoized. Most values have fewer, and need no Map. */
const UNREMEMBERED = 100

/** The format of the text. */
export interface Writing {
  /** Distinguishes classes with the same data: Buffer and Uint8Array, objects with and without a prototype. */
  readonly isTyped: boolean
  /** The text will be hashed, so long parts may be hashed separately. */
  readonly isHashed: boolean
}

/** The text of an object, and its nesting depth. */
interface Written {
  readonly text: string
  readonly height: number
}

/**
 * Writes values as canonical text: equal values have the same text, and different values have different texts.
 *
 * Plain data is JSON. Values that JSON cannot express are written as expressions: `undefined`, `NaN`, `1n`, `Date("...")`.
 * The two cannot be confused without any escaping: outside of quotes JSON has no such words, and inside quotes a `"` is
 * always escaped.
 *
 * A shared part is written once and remembered, and long parts are hashed, so the time is linear in the number of objects,
 * however long the full text would be.
 */
export class KeyWriter {
  readonly #isTyped: boolean
  readonly #isHashed: boolean
  readonly #path: (string | number)[]
  /** The objects that enclose the current one. */
  readonly #around: object[] = []
  /** The deepest nesting so far. */
  #deepest = 0
  #count = 0
  #written: Map<object, Written> | undefined

  /** @param root the name of the values in messages: `args` or `kwargs` */
  constructor(root: string, { isTyped, isHashed }: Writing) {
    this.#path = [root]
    this.#isTyped = isTyped
    this.#isHashed = isHashed
  }

  /** Returns the text of the part at `step`. Throws a `TypeError` that names its place if it cannot be part of a key. */
  write(value: unknown, step: string | number): string {
    const leaf = leafText(value)
    if (leaf !== undefined) return leaf

    this.#path.push(step)
    if (typeof value !== 'object') throw refusal(value, this.#path)
    const text = this.#nested(value as object)
    this.#path.pop()
    return text
  }

  /** Writes an object's own enumerable properties in code point order. */
  record(record: Readonly<Record<string, unknown>>): string {
    let items = '{'
    for (const { name, text } of sortedNames(record)) {
      if (items !== '{') items += ','
      items += text + this.write(record[name], name)
    }
    return `${items}}`
  }

  /** Writes the items of an array that has no holes and no extra properties. */
  items(array: readonly unknown[]): string {
    let text = '['
    for (let i = 0; i < array.length; i++) text += i === 0 ? this.write(array[i], i) : `,${this.write(array[i], i)}`
    return `${text}]`
  }

  #nested(value: object): string {
    const around = this.#around
    const known = this.#written?.get(value)
    if (known !== undefined) {
      this.#checkDepth(around.length + known.height)
      return known.text
    }
    if (around.includes(value)) throw cycle(this.#path)
    this.#checkDepth(around.length + 1)

    const deepest = this.#deepest
    this.#deepest = around.length + 1
    around.push(value)
    const text = this.#shortened(this.#object(value, kindOf(value)))
    around.pop()
    if (++this.#count > UNREMEMBERED) {
      this.#written ??= new Map()
      this.#written.set(value, { text, height: this.#deepest - around.length })
    }
    this.#deepest = Math.max(this.#deepest, deepest)
    return text
  }

  #checkDepth(depth: number): void {
    if (depth > MAX_DEPTH) throw tooDeep(this.#path, MAX_DEPTH)
    if (depth > this.#deepest) this.#deepest = depth
  }

  /** Returns the text of an object, or its hash if it is long. No other text begins with `#`. */
  #shortened(text: string): string {
    if (text.length > MAX_PART && this.#isHashed) return `#${shortDigest(text)}`
    if (text.length > MAX_LENGTH) throw tooLong(this.#path, MAX_LENGTH)
    return text
  }

  #object(value: object, kind: Kind): string {
    switch (kind) {
      case 'record':
        return this.record(value as Record<string, unknown>)
      case 'array':
        return this.#array(value as unknown[])
      case 'bare':
        return this.#bare(value as Record<string, unknown>)
      case 'date':
        return dateText(value as Date)
      case 'map':
        return this.#map(value as Map<unknown, unknown>)
      case 'set':
        return this.#set(value as Set<unknown>)
      case 'regexp':
        return `RegExp(${quotedText((value as RegExp).source)},${quotedText((value as RegExp).flags)})`
      case 'url':
        return `URL(${quotedText((value as URL).href)})`
      case 'bytes':
        return this.#bytes(value as ArrayBufferView | ArrayBuffer)
      case 'error':
        return this.#error(value as Error)
      case 'other':
        return this.#instance(value)
    }
  }

  #array(array: readonly unknown[]): string {
    if (isDense(array)) return this.items(array)
    return `Array(${array.length},${this.record(array as never)})`
  }

  #bare(record: Readonly<Record<string, unknown>>): string {
    const text = this.record(record)
    return this.#isTyped ? `Bare(${text})` : text
  }

  #map(map: ReadonlyMap<unknown, unknown>): string {
    const entries = Array.from(map, ([key, value], i) => {
      this.#path.push(i)
      const text = `[${this.write(key, 0)},${this.write(value, 1)}]`
      this.#path.pop()
      return text
    })
    return `Map([${sorted(entries)}])`
  }

  #set(set: ReadonlySet<unknown>): string {
    return `Set([${sorted(Array.from(set, (item, i) => this.write(item, i)))}])`
  }

  #bytes(value: ArrayBufferView | ArrayBuffer): string {
    const name = classNameOf(value)
    return `${name === 'Buffer' && !this.#isTyped ? 'Uint8Array' : name}(${bytesText(value)})`
  }

  /** Leaves out the stack, which is different for every error. */
  #error(error: Error): string {
    const { hidden, fields } = errorParts(error)
    const { stack: _, ...facts } = hidden
    return `Error(${quotedText(classNameOf(error))},${this.record(facts)},${this.record(fields)})`
  }

  #instance(value: object): string {
    const encoding = coder.registry.encodingOf(value)
    if (encoding !== undefined) {
      // A subclass is encoded by the codec of its parent.
      const name = this.#isTyped ? `${quotedText(classNameOf(value))},` : ''
      return `Registered(${quotedText(encoding.name)},${name}${this.write(encoding.encode(value), 'encode()')})`
    }
    if (isBoxed(value)) return `Object(${leafText(value.valueOf())})`

    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON !== 'function') throw refusal(value, this.#path)
    return `Instance(${quotedText(classNameOf(value))},${this.write(toJSON.call(value), 'toJSON()')})`
  }
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'Date(NaN)' : `Date("${date.toISOString()}")`
}

/** Writes bytes as base64, and larger elements one by one, because their byte order depends on the machine. */
function bytesText(value: ArrayBufferView | ArrayBuffer): string {
  const { BYTES_PER_ELEMENT: size = 1 } = value as Partial<Uint8Array>
  return size === 1 ? `"${base64(value)}"` : `[${Array.from(value as Uint8Array, leafText)}]`
}

function base64(value: ArrayBufferView | ArrayBuffer): string {
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value)
  return bytes.toString('base64')
}

const BOXES: readonly unknown[] = [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype]

/** Returns whether an object is a boxed number, string, boolean or BigInt, such as `new Number(1)`. */
function isBoxed(value: object): boolean {
  return types.isBoxedPrimitive(value) && BOXES.includes(Object.getPrototypeOf(value))
}

/** The path to a value, from `args` or `kwargs` on. Entries of a Map and items of a Set are numbered. */
type Path = readonly (string | number)[]

const WAY_OUT = 'Leave it out, or provide the key with the option "key".'

/** Creates the error for a function, a symbol, a huge bigint, or an instance. */
function refusal(value: unknown, path: Path): TypeError {
  const place = placeOf(path)
  if (typeof value === 'bigint')
    return new TypeError(`Cannot create a key from ${place}: the bigint is too large. ${WAY_OUT}`)
  if (typeof value !== 'object' || value === null)
    return new TypeError(`Cannot create a key from ${place}: a ${typeof value} is not data. ${WAY_OUT}`)

  return new TypeError(
    `Cannot create a key from ${place}, an instance of ${classNameOf(value)}: its equality is not defined. ` +
      `Give the class a toJSON method, or register it with coder.register. ${WAY_OUT}`,
  )
}

function cycle(path: Path): TypeError {
  return new TypeError(`Cannot create a key from ${placeOf(path)}: it contains itself. ${WAY_OUT}`)
}

function tooDeep(path: Path, limit: number): TypeError {
  const place = placeOf(path.slice(0, 4))
  return new TypeError(`Cannot create a key from ${place}: it is nested more than ${limit} levels deep. ${WAY_OUT}`)
}

function tooLong(path: Path, limit: number): TypeError {
  const place = placeOf(path.slice(0, 4))
  return new TypeError(
    `Cannot create a key from ${place}: its text has more than ${limit} characters. Use hashKey, or provide the key.`,
  )
}

/** Returns a path in source syntax: `args[0].user.tags[1]`. */
function placeOf([root, ...steps]: Path): string {
  return steps.reduce<string>((text, step) => text + stepText(step), `${root}`)
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`
  return /^[A-Za-z_$][\w$]*(\(\))?$/.test(step) ? `.${step}` : `[${quoted(step)}]`
}
