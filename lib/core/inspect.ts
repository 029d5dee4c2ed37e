/** The method that `console.log` and `util.inspect` call. */
export const INSPECT: unique symbol = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom') as never

/** One line for a cache: `MemoryCache { entries: 12, maxEntries: 100000, hitRate: 0.93 }`. Facts that are `undefined` are left out. */
export function inspected(name: string, facts: object, options: object, inspect: Inspect): string {
  const known = Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined))
  return `${name} ${inspect(known, { ...options, breakLength: Number.POSITIVE_INFINITY, compact: true })}`
}

/** `util.inspect`, which hands itself to the methods it calls. */
export type Inspect = (value: unknown, options: object) => string
