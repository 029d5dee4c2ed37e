import { quotedText } from './leaf.ts'

/** The name of a property. */
export interface Name {
  readonly name: string
  /** The name as JSON text, with a colon. */
  readonly text: string
  /** True if it has code points above U+FFFF, which UTF-16 units sort differently. */
  readonly hasSurrogates: boolean
}

/** Names seen before, because names repeat: a lookup takes 8 ns, quoting a name 50. Cleared when it is full. */
const seen = new Map<string, Name>()
const MAX_NAMES = 1000
const MAX_LENGTH = 50

/** Returns the names of an object's own enumerable properties in code point order, independent of the locale. */
export function sortedNames(record: object): Name[] {
  const names: Name[] = []
  let hasSurrogates = false
  for (const key of sorted(Object.keys(record))) {
    const name = seen.get(key) ?? nameOf(key)
    hasSurrogates ||= name.hasSurrogates
    names.push(name)
  }
  return hasSurrogates ? names.sort(byCodePoints) : names
}

/** Sorts texts in place by UTF-16 units. */
export function sorted(texts: string[]): string[] {
  // Insertion sort takes a quarter of the time for a few texts, and almost none if they are sorted already.
  if (texts.length > 16) return texts.sort()
  for (let i = 1; i < texts.length; i++) {
    const text = texts[i]!
    let at = i
    for (; at > 0 && texts[at - 1]! > text; at--) texts[at] = texts[at - 1]!
    texts[at] = text
  }
  return texts
}

function nameOf(key: string): Name {
  const name = { name: key, text: `${quotedText(key)}:`, hasSurrogates: /[\ud800-\udfff]/.test(key) }
  if (key.length > MAX_LENGTH) return name
  if (seen.size === MAX_NAMES) seen.clear()
  seen.set(key, name)
  return name
}

function byCodePoints(a: Name, b: Name): number {
  const left = Array.from(a.name, codePoint)
  const right = Array.from(b.name, codePoint)
  const at = left.findIndex((point, i) => point !== right[i])
  return at === -1 ? left.length - right.length : left[at]! - (right[at] ?? -1)
}

function codePoint(character: string): number {
  return character.codePointAt(0)!
}
