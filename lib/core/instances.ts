import { randomBytes } from 'node:crypto'
import { shared } from './process-state.ts'

/** Names of objects, for every copy of this package in the process; they begin with what no other process or thread has. */
const names = shared('instances', () => ({
  start: randomBytes(6).toString('base64url'),
  of: new WeakMap<object, string>(),
  count: 0,
}))

/** A name for an object, which is the same as long as it lives, and which nothing else ever has. It does not keep it alive. */
export function nameOfInstance(instance: object): string {
  const known = names.of.get(instance)
  if (known !== undefined) return known
  const name = `${names.start}${(names.count++).toString(36)}`
  names.of.set(instance, name)
  return name
}
