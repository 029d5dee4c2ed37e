import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SqliteStoreOptions } from '../../../adapters/sqlite3/options.ts'
import { SqliteStore } from '../../../adapters/sqlite3/store.ts'
import type { Mode } from '../../../lib/core/types.ts'
import { root } from '../../support/child.ts'
import { skip } from '../../support/skip.ts'

export const MODES: readonly Mode[] = ['sync', 'async']

/** An event of a store. */
export interface Told {
  event: string
  facts?: { error?: unknown; path?: string; movedTo?: string; verb?: string | undefined } | undefined
}

/** The stores, processes and files of a spec, which `clear` removes. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'polycache-sqlite-'))
  readonly path = join(this.folder, 'cache.sqlite3')
  readonly told: Told[] = []
  readonly #stores: SqliteStore<Mode>[] = []
  readonly #children: ChildProcess[] = []

  /** A store over the file of this bench, unless the options say otherwise. */
  store<M extends Mode>(mode: M, options: SqliteStoreOptions = {}): SqliteStore<M> {
    const emit = (event: string, _key?: string, facts?: unknown) =>
      void this.told.push({ event, facts: facts as never })
    const adapter = mode === 'sync' ? 'SqliteCache' : 'AsyncSqliteCache'
    const store = new SqliteStore(mode, { path: this.path, ...options }, { adapter, emit: emit as never })
    this.#stores.push(store as unknown as SqliteStore<Mode>)
    return store
  }

  events(): string[] {
    return this.told.map(({ event }) => event)
  }

  /** A process that does what `child.ts` has under a name. */
  child(task: string, ...args: string[]): ChildProcess {
    const script = fileURLToPath(new URL('./child.ts', import.meta.url))
    const child = fork(script, [task, ...args], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#children.push(child)
    return child
  }

  async clear(): Promise<void> {
    for (const child of this.#children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    for (const store of this.#stores) await store.close()
    chmodSync(this.folder, 0o700)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Skips a test that runs a child as another user, in a project that only its owner may enter. */
export function needsOpenFolder(): void {
  for (let folder = root; folder !== dirname(folder); folder = dirname(folder)) {
    if (process.getuid?.() === 0 && (statSync(folder).mode & 0o001) === 0) skip('another user may not enter the folder')
  }
}

/** The next message of a child. Throws with what it printed when it ends without one. */
export async function message(child: ChildProcess): Promise<unknown> {
  let printed = ''
  child.stderr?.on('data', (data) => (printed += data))
  const over = once(child, 'exit').then(([code]) => {
    throw new Error(`The child ended with ${code}: ${printed}`)
  })
  return await Promise.race([once(child, 'message').then(([text]) => text as unknown), over])
}

/** The output of a process, and how it ended. */
export async function ending(child: ChildProcess): Promise<{ code: number | null; printed: string }> {
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (printed += data))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, printed }
}

/** The error that an operation of either mode throws. */
export async function failure(operation: () => unknown): Promise<Error & Record<string, unknown>> {
  try {
    await operation()
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('It should have failed.')
}

/** The items of an iterable of either mode. */
export async function all<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
