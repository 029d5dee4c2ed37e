import { type Answer, type Flow, wait } from '../../lib/core/flow.ts'
import { isReadOnly } from './failures.ts'

/**
 * How every connection of ours is set up. In write-ahead mode, writing is 50 times as fast as by default, and readers and a
 * writer do not wait for each other; with `synchronous = NORMAL` a power cut may lose the last writes, never the file. A log
 * that has been larger is cut back to 16 MB.
 */
export const PRAGMAS = ['journal_mode = WAL', 'synchronous = NORMAL', 'journal_size_limit = 16777216'] as const

/** Sets a connection up that has just been opened. */
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
