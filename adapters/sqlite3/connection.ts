import type { Answer } from '../../lib/core/flow.ts'

/** What may be bound to a parameter of a statement. */
export type Param = string | number | Uint8Array | null

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>

/**
 * A connection to one SQLite database, in the colour of the package that it speaks to. It opens itself when it is first
 * needed, also after `close`, prepares a statement once and keeps it. What it throws are the errors of the package.
 */
export interface Connection {
  /** Changes whenever the connection is closed: what was learnt or begun before has no meaning after. */
  readonly session: number
  /** Which file was opened last, as the file system numbers it; `undefined` for none, or when somebody else has opened it. */
  readonly inode: number | undefined
  /** The tables that have been found to be in order, in this session. */
  readonly tables: Set<string>

  /** The column `value` of the first row, or `undefined`. A text of SQL is given to one of these methods only. */
  value(sql: string, ...params: Param[]): Answer<unknown>
  /** All rows. */
  rows(sql: string, ...params: Param[]): Answer<Row[]>
  /** Changes rows, and answers how many. */
  run(sql: string, ...params: Param[]): Answer<number>
  /** Runs a statement without parameters that changes the schema. */
  exec(sql: string): Answer<void>
  /** Closes the database, unless it is the caller's; `then` happens before anybody opens it again. */
  close(then?: () => void): Answer<void>
}
