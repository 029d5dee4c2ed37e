import { randomBytes } from 'node:crypto'
import { shared } from './process-state.ts'

/** Names of objects, for every copy of this package in the process; they begin with random text that no other process has. */
const names = shared('instances', () => ({
  start: '',
  of: new WeakMap<object, string>(),
  count: 0,
}))

/** A name that nothing else has, in any process. */
export function uniqueName(): string {
  // At first use, because loading `node:crypto` takes 2 ms.
  names.start ||= randomBytes(6).toString('base64url')
  return `${names.start}${(names.count++).toString(36)}`
}

/** The name of an object, the same as long as it lives. It does not keep the object alive. */
export function nameOfInstance(instance: object): string {
  const known = names.of.get(instance)
  if (known !== undefined) return known
  const name = uniqueName()
  names.of.set(instance, name)
  return name
}
