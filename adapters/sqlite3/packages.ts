import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { ConfigError } from '../../lib/core/errors.ts'
import { needed, optional } from '../../lib/core/optional-package.ts'
import type { Mode } from '../../lib/core/types.ts'

/** The packages that speak to SQLite. They are named nowhere else, and loaded when a file is first opened. */
const BETTER_SQLITE3 = 'better-sqlite3'
const SQLITE = 'sqlite'
const SQLITE3 = 'sqlite3'

/** Throws `MissingDependency` unless the packages for a colour are installed. */
export function needPackages(mode: Mode, adapter: string): void {
  for (const name of mode === 'sync' ? [BETTER_SQLITE3] : [SQLITE, SQLITE3]) needed(name, adapter)
}

/** Whether the package of the synchronous colour is installed. */
export function hasBetterSqlite3(): boolean {
  try {
    needed(BETTER_SQLITE3, '')
    return true
  } catch {
    return false
  }
}

/** The class of databases of better-sqlite3. */
export function loadBetterSqlite3<T>(adapter: string): T {
  refuseCrash(versionOf(BETTER_SQLITE3), process.versions.napi)
  return optional<T>(BETTER_SQLITE3, adapter)
}

/** `open` of the package sqlite, and the driver of sqlite3 that it is given. */
export function loadSqlite<T>(adapter: string): { open: T; driver: unknown } {
  const { open } = optional<{ open: T }>(SQLITE, adapter)
  const { Database } = optional<{ Database: unknown }>(SQLITE3, adapter)
  return { open, driver: Database }
}

/** Throws a `ConfigError` for a better-sqlite3 that this Node would not survive: 13 needs Node-API 10, and kills a Node that has less. */
export function refuseCrash(version: string | undefined, napi = '0'): void {
  if (version === undefined || Number.parseInt(version, 10) < 13 || Number(napi) >= 10) return
  throw new ConfigError(
    `better-sqlite3 ${version} would crash Node ${process.versions.node}: it needs Node-API 10, which came with Node 22.14. ` +
      'Install an older one: npm install better-sqlite3@12',
  )
}

const require = createRequire(import.meta.url)

function versionOf(name: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string }).version
  } catch {
    // Not installed, which whoever loads it says better.
    return undefined
  }
}
