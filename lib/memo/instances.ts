import { randomBytes } from 'node:crypto'

/** Apart from the names that other processes give: what they share must not mix up their instances. */
const PROCESS = randomBytes(6).toString('base64url')

const names = new WeakMap<object, string>()
let count = 0

/** A name for an object, which is the same as long as it lives, and which nothing else ever has. It does not keep it alive. */
export function nameOfInstance(instance: object): string {
  const known = names.get(instance)
  if (known !== undefined) return known
  const name = `${PROCESS}${(count++).toString(36)}`
  names.set(instance, name)
  return name
}
