import { statSync } from 'node:fs'
import {
  AdapterError,
  type AdapterErrorOptions,
  CacheError,
  CacheTimeout,
  ConnectionFailed,
  ValueTooLarge,
} from '../../lib/core/errors.ts'

/** Whether another connection holds a lock: trying again may help. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))
}

/** Whether the file is damaged, or not a database. */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error))
}

/** Whether a table is missing. */
export function isTableMissing(error: unknown): boolean {
  return error instanceof Error && /^(SQLITE_ERROR: )?no such table/.test(error.message)
}

/** Whether the file, or the folder of its log, cannot be written. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_READONLY')
}

/** A failure of SQLite or of the file system as an error of ours, with the way out; an error of ours stays as it is. */
export function failureOf(error: unknown, path: string, facts: AdapterErrorOptions): CacheError {
  if (error instanceof CacheError) return error
  const options = { ...facts, cause: error }
  const database = `The SQLite database ${JSON.stringify(path)}`
  const code = codeOf(error)

  if (isBusy(error))
    return new CacheTimeout(`${database} is locked by another process, and was not released in time.`, options)
  if (isReadOnly(error)) return new AdapterError(`${database} is read-only: make it writable.`, options)
  if (code === 'SQLITE_FULL') return new AdapterError(`${database} cannot grow: the disk is full.`, options)
  // better-sqlite3 says it with a RangeError.
  if (code === 'SQLITE_TOOBIG' || error instanceof RangeError)
    return new ValueTooLarge(`${database} takes no value of more than 1 GB.`, options)
  if (code.startsWith('SQLITE_CANTOPEN'))
    return new ConnectionFailed(`${database} cannot be opened: ${obstacle(path)}.`, options)
  if (isSystemError(error)) return new ConnectionFailed(`${database} cannot be opened: ${error.message}.`, options)
  return new AdapterError(`${database} failed: ${error instanceof Error ? error.message : String(error)}.`, options)
}

/** The error of an operation that took too long for an unknown reason: the disk, or threads that are all busy. */
export function late(path: string, patience: number, facts: AdapterErrorOptions): CacheTimeout {
  return new CacheTimeout(`The SQLite database ${JSON.stringify(path)} did not answer within ${patience} ms.`, facts)
}

/** The error of a file that somebody else has moved or deleted. */
export function moved(path: string, facts: AdapterErrorOptions): ConnectionFailed {
  const message = `The SQLite database ${JSON.stringify(path)} was moved or deleted while it was in use. What was written to it last is lost; it is opened again.`
  return new ConnectionFailed(message, facts)
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code)
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

function obstacle(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  return isFolder ? 'it is a folder' : 'the file, or its folder, may not be read or written'
}
