import { quotedText } from './leaf.ts'

/** The name of a property. */
export interface Name {
  readonly name: string
  /** It as JSON text with the colon behind it. */
  readonly text: string
  /** Whether code points above U+FFFF are in it. Only these come elsewhere in the order of UTF-16 units. */
  readonly hasSurrogates: boolean
}

/**
 * Names that were met, as the same few come again and again: a look takes 8 ns, writing and judging a name 50. Data that are
 * a dictionary may have any number of them; when there are too many, all are forgotten.
 */
const met = new Map<string, Name>()
const MOST = 1000
const LONGEST = 50

/** The names of an object's own enumerable properties in the order of their code points, whatever the locale. */
export function sortedNames(record: object): Name[] {
  const names: Name[] = []
  let hasSurrogates = false
  for (const key of sorted(Object.keys(record))) {
    const name = met.get(key) ?? meet(key)
    hasSurrogates ||= name.hasSurrogates
    names.push(name)
  }
  return hasSurrogates ? names.sort(byCodePoints) : names
}

/** Texts in the order of their UTF-16 units. Sorts in place. */
export function sorted(texts: string[]): string[] {
  // A sort by insertion takes a quarter of the time for a few texts, and no time to speak of when they are in order.
  if (texts.length > 16) return texts.sort()
  for (let i = 1; i < texts.length; i++) {
    const text = texts[i]!
    let at = i
    for (; at > 0 && texts[at - 1]! > text; at--) texts[at] = texts[at - 1]!
    texts[at] = text
  }
  return texts
}

function meet(key: string): Name {
  const name = { name: key, text: `${quotedText(key)}:`, hasSurrogates: /[\ud800-\udfff]/.test(key) }
  if (key.length > LONGEST) return name
  if (met.size === MOST) met.clear()
  met.set(key, name)
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
