import { types } from 'node:util'
import { ConfigError } from '../../../lib/core/errors.ts'

/**
 * A copy of options that can cross to a worker thread. Throws `ConfigError` for a function, or an instance of a class, among
 * them: structured clone refuses the one, and silently turns the other into a plain object.
 */
export function plainOptions<T extends object>(options: T, adapter: string): T {
  const path = unable(options, 'options', new Set())
  if (path === undefined) return structuredClone(options)
  throw new ConfigError(
    `${path} cannot cross to the worker thread in which ${adapter} runs. Give plain data (a URL, a host and a port, a password) ` +
      'rather than a function or a live client; to use your client, take the asynchronous adapter and asyncCached.',
  )
}

/** The path of the first part that cannot cross, or `undefined`. */
function unable(value: unknown, path: string, seen: Set<unknown>): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return path
  if (typeof value !== 'object' || value === null || seen.has(value) || COPIED.some((is) => is(value))) return undefined
  if (!Array.isArray(value) && !isBare(value)) return path

  seen.add(value)
  for (const [name, part] of Object.entries(value)) {
    const found = unable(part, `${path}.${name}`, seen)
    if (found !== undefined) return found
  }
  return undefined
}

const COPIED = [types.isDate, types.isRegExp, types.isAnyArrayBuffer, types.isArrayBufferView, types.isNativeError]

function isBare(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
