import { statSync } from 'node:fs'
import { type Answer, type Flow, wait } from '../../lib/flow.ts'
import { isReadOnly } from './failures.ts'

// In write-ahead mode, writing is 50 times as fast as by default, and readers and a writer do not wait for each other; with
// `synchronous = NORMAL` a power cut may lose the last writes, never the file. A log that was larger is cut back to 16 MB.
const PRAGMAS = ['journal_mode = WAL', 'synchronous = NORMAL', 'journal_size_limit = 16777216']

/** Sets a new connection up. */
export function* setUp(execute: (sql: string) => Answer<unknown>): Flow<void> {
  for (const pragma of PRAGMAS) {
    try {
      yield* wait(execute(`PRAGMA ${pragma}`))
    } catch (error) {
      // A file that cannot be written may still be read.
      if (!isReadOnly(error)) throw error
    }
  }
}

/** Which file stands under a path, as the file system numbers it; `undefined` for none. */
export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
