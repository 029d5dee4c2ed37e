import { types } from 'node:util'
import { errorParts } from '../coder/error-parts.ts'
import { classNameOf, type Kind, kindOf } from '../coder/kinds.ts'
import { isDense } from '../coder/plain.ts'
import { leafText, quotedText } from './leaf.ts'
import { sorted, sortedNames } from './names.ts'
import { cycle, refusal, tooDeep } from './refusals.ts'
import { registered } from './registered.ts'

/** How deep arrays and objects may lie in each other. */
const MAX_DEPTH = 256

/**
 * Writes values as canonical text: equal values have the same text, and others never do.
 *
 * Plain data are JSON. What JSON cannot say is written as an expression: `undefined`, `NaN`, `1n`, `Date("...")`. No escaping
 * is needed to keep the two apart, as outside of quotes JSON has no such words, and within quotes nothing ends a text.
 */
export class KeyWriter {
  /** Whether the class matters where the data are the same: of Buffer and Uint8Array, with and without a prototype. */
  readonly #isTyped: boolean
  readonly #path: (string | number)[]
  /** The objects that the one being written lies in. */
  readonly #around: object[] = []

  /** @param root what the values are part of, for messages: `args` or `kwargs` */
  constructor(root: string, isTyped: boolean) {
    this.#path = [root]
    this.#isTyped = isTyped
  }

  /** The text of a part of what is being written; `step` leads to it. Throws a `TypeError` that says where no key can be made. */
  write(value: unknown, step: string | number): string {
    const leaf = leafText(value)
    if (leaf !== undefined) return leaf

    this.#path.push(step)
    if (typeof value !== 'object') throw refusal(value, this.#path)
    const text = this.#nested(value as object)
    this.#path.pop()
    return text
  }

  /** An object's own enumerable properties, the keys in the order of their code points. */
  record(record: Readonly<Record<string, unknown>>): string {
    let items = '{'
    for (const { name, text } of sortedNames(record)) {
      if (items !== '{') items += ','
      items += text + this.write(record[name], name)
    }
    return `${items}}`
  }

  /** The items of an array that has no holes and nothing else. */
  items(array: readonly unknown[]): string {
    let text = '['
    for (let i = 0; i < array.length; i++) text += i === 0 ? this.write(array[i], i) : `,${this.write(array[i], i)}`
    return `${text}]`
  }

  #nested(value: object): string {
    if (this.#around.includes(value)) throw cycle(this.#path)
    if (this.#around.length === MAX_DEPTH) throw tooDeep(this.#path, MAX_DEPTH)

    this.#around.push(value)
    const text = this.#object(value, kindOf(value))
    this.#around.pop()
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

  /** The stack is left out: no two errors have the same. */
  #error(error: Error): string {
    const { hidden, fields } = errorParts(error)
    const { stack: _, ...facts } = hidden
    return `Error(${quotedText(classNameOf(error))},${this.record(facts)},${this.record(fields)})`
  }

  #instance(value: object): string {
    const known = registered(value)
    if (known !== undefined) {
      // A subclass has the codec of its parent.
      const name = this.#isTyped ? `${quotedText(classNameOf(value))},` : ''
      return `Registered(${quotedText(known.name)},${name}${this.write(known.data, 'encode()')})`
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

/** Bytes as base64, and larger elements one by one: their bytes are in another order on some machines. */
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

/** Whether an object is a number, text, boolean or BigInt in a box, as `new Number(1)` makes. */
function isBoxed(value: object): boolean {
  return types.isBoxedPrimitive(value) && BOXES.includes(Object.getPrototypeOf(value))
}
