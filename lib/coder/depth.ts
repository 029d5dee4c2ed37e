import { errorParts } from './error-parts.ts'
import { MAX_DEPTH, tooDeep } from './failures.ts'
import { kindOf } from './kinds.ts'

/** Tells whether a JSON text may be nested deeper than a coder writes, which only a walk can tell for certain. */
export function isDeep(text: string): boolean {
  // A shorter text has no room for the brackets. Counting them takes 2.5 µs for 10 KB, the walk up to 13 (node 20).
  return text.length > 2 * MAX_DEPTH && hasBrackets(text, MAX_DEPTH)
}

/** Counts the arrays and objects that begin in a text (or seem to, within strings), up to the limit. */
function hasBrackets(text: string, limit: number): boolean {
  let count = 0
  for (const bracket of ['[', '{'])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (++count > limit) return true
  return false
}

/** Throws `CoderError` if parsed JSON is nested deeper than a coder writes, so that no walk over it overflows the stack. */
export function checkDepth(parsed: unknown): void {
  walk(parsed, 0)
}

function walk(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth === MAX_DEPTH) throw tooDeep()
  for (const item of Object.values(value)) walk(item, depth + 1)
}

/**
 * Throws `CoderError` if the objects of a value that shares parts lie more than `MAX_DEPTH` levels deep by the longest way.
 * Written as references, a list of a thousand objects of which each refers to the next is nowhere nested; walked over, it
 * is a thousand levels deep. A cycle ends where it begins.
 */
export function checkGraphDepth(value: unknown): void {
  heightOf(value, 0, new Map())
}

function heightOf(value: unknown, depth: number, heights: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 0
  const known = heights.get(value)
  if (depth + (known ?? 1) > MAX_DEPTH) throw tooDeep()
  if (known !== undefined) return known

  heights.set(value, 0)
  let height = 0
  for (const item of itemsOf(value)) height = Math.max(height, 1 + heightOf(item, depth + 1, heights))
  heights.set(value, height)
  return height
}

function itemsOf(value: object): Iterable<unknown> {
  switch (kindOf(value)) {
    case 'record':
    case 'bare':
    case 'array':
      return Object.values(value)
    case 'set':
      return value as Set<unknown>
    case 'map':
      return [...(value as Map<unknown, unknown>)].flat()
    case 'error': {
      const { hidden, fields } = errorParts(value as Error)
      return [...Object.values(hidden), ...Object.values(fields)]
    }
    default:
      return []
  }
}
