/**
 * Returns state of the process rather than of this copy of the package: two copies (as ES module and through `require`, or
 * installed twice) share it under one symbol.
 */
export function shared<T extends object>(name: string, make: () => T): T {
  const slot = Symbol.for(`polycache.${MAJOR}${name && `.${name}`}`)
  const place = globalThis as { [slot]?: T }
  place[slot] ??= make()
  return place[slot]
}

/** The major version of the package. Copies with different major versions share nothing. */
const MAJOR = 0
