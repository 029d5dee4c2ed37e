import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CacheError, cached } from '../../lib/index.ts'
import { coldOf, noteCold, openCache } from './caching.ts'
import { type Pass, passOver } from './pass.ts'
import { summaryOf } from './summary.ts'
import { progressBar, type Run, runsTable, summaryTable } from './view.ts'

const HELP = `Measures every file of a folder, and shows what caching saves.

  npm run demo -- [folder] [options]

The folder is node_modules unless you name another. What was measured is kept, so that a second run need not do it again.

  --adapter <name>   where values are kept: sqlite3, memory, redis, memcached, or a URL such as redis://host:6379
                     (without it CACHE_ADAPTER says so, and else it is sqlite3)
  --clear            forget what was measured before
  --help             show this`

/** The caller asked for something that cannot be. */
class UsageError extends Error {}

try {
  main()
} catch (error) {
  if (!isExpected(error)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { adapter: { type: 'string' }, clear: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) {
    console.log(HELP)
    return
  }

  const folder = folderOf(positionals)
  const adapter = openCache(values.adapter || process.env.CACHE_ADAPTER || 'sqlite3')
  // At the end of the scope the connection is closed.
  cached.scope(() => {
    if (values.clear) cached.clear()
    show(folder, adapter)
  })
}

/** A pass over the folder, and if that had to make anything, a second one, which shows what the first has brought. */
function show(folder: string, adapter: string): void {
  const passes = [passOver(folder, progressBar())]
  const [first] = passes
  if (first!.made > 0) passes.push(passOver(folder, progressBar()))
  if (first!.hits === 0) noteCold(folder, first!.took)

  const cold = coldOf(folder)
  const runs = passes.map((pass): Run => ({ name: nameOf(pass), ...pass }))
  if (cold !== undefined && first!.hits > 0) runs.unshift({ name: 'cold, as it was', took: cold })

  console.log(folder)
  console.log(summaryTable(summaryOf(first!.measured)))
  if (first!.unreadable.length > 0) console.log(`${first!.unreadable.length} could not be read and were left out.`)
  console.log(`\nKept by ${adapter}`)
  console.log(runsTable(runs, cold))
}

function nameOf({ hits, made }: Pass): string {
  if (made === 0) return 'warm'
  return hits === 0 ? 'cold' : 'partly warm'
}

function folderOf(positionals: readonly string[]): string {
  const [name = 'node_modules', ...others] = positionals
  if (others.length > 0) throw new UsageError('Name one folder at a time.')
  const folder = resolve(name)
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (!stats?.isDirectory()) throw new UsageError(`There is no folder ${JSON.stringify(folder)}.`)
  return folder
}

function isExpected(error: unknown): error is Error {
  if (error instanceof CacheError || error instanceof UsageError) return true
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
