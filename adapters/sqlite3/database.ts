import type { Answer } from '../../lib/core/flow.ts'
import type { Mode } from '../../lib/core/types.ts'
import type { Connection } from './connection.ts'

/** A database as a store sees it, whoever else uses it. */
export interface Database {
  /** Where it is, for messages: a real path, or ':memory:'. */
  readonly path: string
  /** A user begins to use it. */
  join(user: object): void
  /** A user is done with it: the last one closes what was opened. */
  leave(user: object): Answer<void>
  /** The connection to use now; it may be another one the next time. */
  connection(mode: Mode, adapter: string): Connection
  /**
   * Puts a damaged file out of the way, so that the next operation begins a new one. Gives where it is now; `undefined` when
   * there was nothing to move, because somebody else has moved it, or because it is not ours.
   * @param connection the one that has the damaged file open
   * @param now the time, in ms since the epoch
   */
  setAside(connection: Connection, now: number): Answer<string | undefined>
  /** Notices that the file has been moved or deleted from outside: the next operation opens what is there now. */
  revisit(connection: Connection): Answer<void>
}
