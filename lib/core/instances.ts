import { randomBytes } from 'node:crypto'
import { shared } from './process-state.ts'

/** Names of objects, shared by every copy of this package in the process. They begin with text that is random per process. */
const names = shared('instances', () => ({
  start: '',
  of: new WeakMap<object, string>(),
  count: 0,
}))

/** Returns a name that nothing else has, in any process. */
export function uniqueName(): string {
  // On first use, because loading `node:crypto` takes 2 ms.
  names.start ||= randomBytes(6).toString('base64url')
  return `${names.start}${(names.count++).toString(36)}`
}

/** Returns the name of an object. It is stable, and does not keep the object alive. */
export function nameOfInstance(instance: object): string {
  const known = names.of.get(instance)
  if (known !== undefined) return known
  const name = uniqueName()
  names.of.set(instance, name)
  return name
}
