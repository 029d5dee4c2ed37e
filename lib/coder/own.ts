/** Gives an object a property of its own, whatever its prototype holds under that name. */
export function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}

/** `target[key] = value` for a plain object; `__proto__` too becomes a property of its own. */
export function put(target: object, key: string, value: unknown): void {
  if (key === '__proto__') define(target, key, value, true)
  else (target as Record<string, unknown>)[key] = value
}

/** Makes an array longer by holes, without room for them: V8 reserves that for up to 2^25 of them. */
export function lengthen(array: unknown[], length: number): void {
  if (array.length === length) return
  // An array that was as long as this keeps its items in a dictionary from then on.
  array.length = 2 ** 32 - 1
  array.length = length
}
