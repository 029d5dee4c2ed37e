import type { Coder } from '../core/types.ts'
import { coderNamed } from './index.ts'
import { jsonOf } from './json-of.ts'

/** The coder of a name for who writes by `coder`: that one itself, or one with the same classes. `undefined` when there is none. */
export function coderBeside(coder: Coder, name: string): Coder | undefined {
  return name === coder.name ? coder : coderNamed(name, jsonOf(coder))
}
