import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { adapterSet, cached, configure } from '../../lib/index.ts'
import type { FoundFile } from './files.ts'
import { type Measured, measure } from './measure.ts'

/**
 * All that this program has to do with the cache. In an application of yours the import reads
 * `import { adapterSet, cached, configure } from 'polycache'`.
 */

/** Chooses where values are kept, and answers by whom. Throws when there is no such adapter, or its backend does not answer. */
export function openCache(name: string): string {
  configure({ prefix: 'polycache-demo:', sqlitePath: process.env.SQLITE_PATH || defaultFile() })
  const adapter = adapterSet(name)
  adapter.ping()
  return adapter.constructor.name
}

/** The measurements of a file. A changed file has another key, so that it is measured again. */
export function measured(file: FoundFile): Measured {
  return cached.getOrSet(`${file.path}:${file.changed}:${file.bytes}`, () => measure(file.path), '30d')
}

/** Notes how long it took to measure all of a folder, in ms. */
export function noteCold(folder: string, took: number): void {
  cached.set(`cold:${folder}`, took, '30d')
}

/** How long it took when nothing was cached, if that is known. */
export function coldOf(folder: string): number | undefined {
  return cached.get<number>(`cold:${folder}`)
}

function defaultFile(): string {
  return join(tmpdir(), `polycache-demo-${userInfo().username}`, 'cache.sqlite3')
}
