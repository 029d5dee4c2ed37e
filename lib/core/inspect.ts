/** The name of the method that `console.log` and `util.inspect` call. */
export const INSPECT: unique symbol = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom') as never

/** `util.inspect`, which passes itself to the methods that it calls. */
export type Inspect = (value: unknown, options: object) => string

/**
 * Makes an object print as one line: `MemoryCache { entries: 12, maxEntries: 100000, hitRate: 0.93 }`. Facts that are
 * `undefined` are left out. Defines a property, because bundlers keep every class that has a method with a computed name.
 */
export function makeInspectable(object: object, describe: () => [name: string, facts: object]): void {
  const value = (_depth: number, options: object, inspect: Inspect): string => {
    const [name, facts] = describe()
    const known = Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined))
    return `${name} ${inspect(known, { ...options, breakLength: Number.POSITIVE_INFINITY, compact: true })}`
  }
  Object.defineProperty(object, INSPECT, { value, configurable: true })
}
