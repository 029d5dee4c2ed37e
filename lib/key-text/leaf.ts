/** The text of a primitive; `undefined` for objects, functions, symbols and huge bigints. No two values share a text. */
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

/** Writing digits takes time that is quadratic in their number: this has some 10 000. */
const HUGE = 1n << 33_000n

const NOT_PLAIN = /[^ !#-[\]-~]/
const NOT_ASCII = /[\x7f-\uffff]/g

/** Text as JSON in ASCII: other characters are `\u` and four lower-case hex digits. */
export function quotedText(text: string): string {
  // The test takes 28 ns, JSON.stringify 77 (20 characters, node 20).
  return isPlainText(text) ? `"${text}"` : JSON.stringify(text).replace(NOT_ASCII, escaped)
}

/** True if text is JSON in ASCII as it is, but for the quotes around it. */
export function isPlainText(text: string): boolean {
  return !NOT_PLAIN.test(text)
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** JSON's spelling of a number, but NaN and infinities as JavaScript spells them, and -0 apart from 0. */
function numberText(value: number): string {
  return value === 0 && 1 / value < 0 ? '-0' : `${value}`
}

/**
 * `1n` where a number has the same digits, else the digits alone: Python has one kind of integer, and the predecessor's keys
 * have no `n`.
 */
function bigintText(value: bigint): string | undefined {
  if (value > HUGE || value < -HUGE) return undefined
  const digits = `${value}`
  return `${Number(value)}` === digits ? `${digits}n` : digits
}
