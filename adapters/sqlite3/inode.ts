import { statSync } from 'node:fs'

/** Which file stands under a path, as the file system numbers it; `undefined` for none. */
export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
