/** Returns the text of a primitive; `undefined` for objects, functions, symbols and huge bigints. Different values have different texts. */
export function leafText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return quotedText(value)
    case 'number':
      return numberText(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'undefined':
      return 'undefined'
    case 'bigint':
      return bigintText(value)
    default:
      return value === null ? 'null' : undefined
  }
}

/** About 10,000 digits. Converting a bigint to text takes quadratic time. */
const HUGE = 1n << 33_000n

const NOT_PLAIN = /[^ !#-[\]-~]/
const NOT_ASCII = /[\x7f-\uffff]/g

/** Returns text as JSON in ASCII: other characters become `\u` and four lower-case hex digits. */
export function quotedText(text: string): string {
  // The test takes 28 ns, JSON.stringify 77 (20 characters, node 20).
  return isPlainText(text) ? `"${text}"` : JSON.stringify(text).replace(NOT_ASCII, escaped)
}

/** Returns whether text needs no escaping in JSON or ASCII. */
export function isPlainText(text: string): boolean {
  return !NOT_PLAIN.test(text)
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Returns JSON's spelling of a number, except that NaN and infinities are spelled as in JavaScript, and -0 differs from 0. */
function numberText(value: number): string {
  return value === 0 && 1 / value < 0 ? '-0' : `${value}`
}

/**
 * `1n` if a number has the same digits, else the digits alone: Python has only one kind of integer, and keys of the Python
 * predecessor have no `n`.
 */
function bigintText(value: bigint): string | undefined {
  if (value > HUGE || value < -HUGE) return undefined
  const digits = `${value}`
  return `${Number(value)}` === digits ? `${digits}n` : digits
}
