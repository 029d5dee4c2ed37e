/**
 * State that belongs to the process rather than to this copy of the package: two copies of it (as ES module and through
 * `require`, or installed twice) find the same under one symbol.
 */
export function shared<T extends object>(name: string, make: () => T): T {
  const slot = Symbol.for(`polycache.${MAJOR}${name && `.${name}`}`)
  const place = globalThis as { [slot]?: T }
  place[slot] ??= make()
  return place[slot]
}

/** The major version of the package: copies that differ in it share nothing. */
const MAJOR = 0
