import { readdirSync, readFileSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { MochaOptions } from 'mocha'
import { root } from './child.ts'

/** The meaning of the arguments of `npm test`. */
export interface Selection {
  readonly files: readonly string[]
  /** The options that mocha takes. */
  readonly mocha: MochaOptions
  /** How many processes run specs at once. */
  readonly jobs: number
  /** Run what answers in under a minute: no servers, no child processes, no fuzzing. */
  readonly fast: boolean
  /** Print how long each file took. */
  readonly times: boolean
}

/** These take longest, in this order: begun first, they do not keep one process busy while the others are done. */
const LONG: readonly string[] = [
  'spec/docs/readme.spec.ts',
  'spec/package/bundles.spec.ts',
  'spec/package/runners.spec.ts',
  'spec/package/package.spec.ts',
  'spec/adapters/bad-values.spec.ts',
  'spec/docs/demo.spec.ts',
  'spec/wrappers/conformance.spec.ts',
  'spec/faults/network.spec.ts',
  'spec/wrappers/two-level/conformance.spec.ts',
  'spec/faults/processes.spec.ts',
  'spec/adapters/memory/model.spec.ts',
  'spec/wrappers/base/transformed-conforms.spec.ts',
  'spec/adapters/bridge/process.spec.ts',
  'spec/adapters/bridge/failures.spec.ts',
  'spec/types/register.spec.ts',
]

/** The fast run leaves out what imports one of these, directly or through other files of the specs. */
const SLOW_IMPORTS = ['spec/support/servers.ts', 'spec/support/child.ts', 'node:child_process', 'typescript']

/** Runs over many adapters: in the fast run those that need no server. */
const FAST_ALL_THE_SAME = ['spec/wrappers/adapters.ts', 'spec/wrappers/base/transformed-conforms.spec.ts']

/** The fast run leaves these out too, which fuzz or wait for seconds. */
const SLOW: readonly string[] = [
  'spec/adapters/bridge/failures.spec.ts',
  'spec/adapters/bridge/store.spec.ts',
  'spec/adapters/memory/model.spec.ts',
  'spec/adapters/memory/soak.spec.ts',
  'spec/adapters/mongo/store.spec.ts',
]

/** Reads the arguments of `npm test`: files and folders, `--fast`, `--jobs 2`, and some options of mocha. */
export function selection(args: readonly string[]): Selection {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      fast: { type: 'boolean', default: false },
      times: { type: 'boolean', default: false },
      jobs: { type: 'string', short: 'j' },
      grep: { type: 'string', short: 'g' },
      fgrep: { type: 'string', short: 'f' },
      invert: { type: 'boolean', short: 'i' },
      bail: { type: 'boolean', short: 'b' },
      timeout: { type: 'string', short: 't' },
    },
  })
  const { fast, times, jobs, timeout, ...mocha } = values
  const files = [...new Set(positionals.length === 0 ? specsIn('spec') : positionals.flatMap(specsIn))]
  return {
    files: files.filter((file) => !fast || isFastFile(file)).sort((a, b) => weightOf(b) - weightOf(a)),
    mocha: { ...mocha, ...(timeout !== undefined && { timeout }) },
    jobs: Math.max(1, Math.min(files.length, Number(jobs ?? Math.min(2, availableParallelism())))),
    fast,
    times,
  }
}

function isFastFile(file: string): boolean {
  return !SLOW.includes(file) && !importsSlow(file, new Set())
}

function importsSlow(file: string, seen: Set<string>): boolean {
  if (SLOW_IMPORTS.includes(file)) return true
  if (!file.endsWith('.ts') || FAST_ALL_THE_SAME.includes(file) || seen.has(file)) return false
  seen.add(file)
  const code = readFileSync(join(root, file), 'utf8')
  return [...code.matchAll(/ from '([^']+)'/g)].some(([, from]) => {
    const imported = from!.startsWith('.') ? join(dirname(file), from!) : from!
    return (imported.startsWith('spec/') || !from!.startsWith('.')) && importsSlow(imported, seen)
  })
}

function weightOf(file: string): number {
  return LONG.includes(file) ? LONG.length - LONG.indexOf(file) : 0
}

/** The specs in a folder, or the one that is named. */
function specsIn(name: string): string[] {
  const path = resolve(root, name)
  if (!statSync(path).isDirectory()) return [relative(root, path)]
  const files = readdirSync(path, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  return files
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => file.endsWith('.spec.ts'))
    .sort()
}
