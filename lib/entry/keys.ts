const ESCAPE = '\uffff'
const ILL_FORMED = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\uffff/g
const ESCAPED = /\uffff([0-9a-f]{4})/g

/**
 * Makes a key safe for UTF-8. Only lone surrogates change: UTF-8 cannot hold them, and they would all become U+FFFD and
 * collide. They are escaped with U+FFFF, a code point that no text uses, and so is U+FFFF itself.
 */
export function toWellFormed(key: string): string {
  if (isWellFormed(key) && !key.includes(ESCAPE)) return key
  return key.replace(ILL_FORMED, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, '0'))
}

/** Reverses `toWellFormed`. */
export function fromWellFormed(text: string): string {
  return text.includes(ESCAPE) ? text.replace(ESCAPED, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))) : text
}

// In V8 since Node 20, in TypeScript's library since ES2024.
const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed()
