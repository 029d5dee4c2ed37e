import { type Answer, type Flow, wait } from '../../lib/core/flow.ts'
import { isReadOnly } from './failures.ts'

/** A value for a parameter of a statement. */
export type Param = string | number | Uint8Array | null

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>

/**
 * A connection to one SQLite database, in the mode of its driver. It opens itself when it is first needed, also after
 * `close`, prepares a statement once and keeps it. It throws the errors of the driver.
 */
export interface Connection {
  /** Changes whenever the connection is closed: what was learned or begun before has no meaning after. */
  readonly session: number
  /** The file that was opened last, as the file system numbers it; `undefined` for none, or if somebody else opened it. */
  readonly inode: number | undefined
  /** The tables that have been checked in this session. */
  readonly tables: Set<string>

  /** The column `value` of the first row, or `undefined`. A text of SQL is given to one of these methods only. */
  value(sql: string, ...params: Param[]): Answer<unknown>
  /** All rows. */
  rows(sql: string, ...params: Param[]): Answer<Row[]>
  /** The column `value` for each parameter, in one transaction; only in synchronous drivers. */
  eachValue?(sql: string, params: readonly Param[]): unknown[]
  /** Runs statements in one transaction; only in synchronous drivers. */
  atOnce?<T>(work: () => T): T
  /** Changes rows, and returns how many. */
  run(sql: string, ...params: Param[]): Answer<number>
  /** Runs a statement without parameters that changes the schema. */
  exec(sql: string): Answer<void>
  /** Closes the database, unless it is the caller's; `then` happens before anybody opens it again. */
  close(then?: () => void): Answer<void>
  /** Says which job the following statements belong to. */
  claim?(job: object): void
  /** Ends the statement of a job, or keeps it from beginning: it fails, and has done nothing. */
  cancel?(job: object): void
}

/**
 * The settings of every connection that we open. In write-ahead mode, writing is 50 times as fast as by default, and readers
 * and a writer do not wait for each other; with `synchronous = NORMAL` a power cut may lose the last writes, never the file.
 * A log that has been larger is cut back to 16 MB.
 */
export const PRAGMAS = ['journal_mode = WAL', 'synchronous = NORMAL', 'journal_size_limit = 16777216'] as const

/** Applies the settings to a connection that has just been opened. */
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
