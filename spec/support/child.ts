import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { allow } from './skip.ts'

/** Scripts in processes of their own: for what ends a process, keeps one alive, or needs two. */

export interface ChildOptions {
  /** Added to the environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined> | undefined
  /** The arguments of the script, `process.argv[1]` and further. */
  args?: readonly string[] | undefined
  /** How long it may run, in ms, before it is killed. @default 20 000 */
  limit?: number | undefined
  /** Further flags of node, such as `--expose-gc`. */
  flags?: readonly string[] | undefined
}

/** The end of a child. */
export interface ChildResult {
  /** The exit code; `null` when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** It was killed because it ran longer than its limit. */
  readonly timedOut: boolean
  /** How long it ran, in ms, the start of node and tsx in it. */
  readonly took: number
}

/** A child that runs. */
export interface Child {
  readonly process: ChildProcess
  /** Waits for a line of its output; rejects when it ends without one. */
  line(pattern: RegExp): Promise<string>
  /** Sends it a line on its standard input. */
  tell(line: string): void
  /** Kills it. */
  kill(signal?: NodeJS.Signals): void
  /** Resolves when it has ended. */
  readonly done: Promise<ChildResult>
}

/** The folder of the project: children run in it, so that `import './lib/index.ts'` works in them. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

const TSX = fileURLToPath(import.meta.resolve('tsx/cli'))

/** Runs TypeScript text as a module in a process of its own, to its end. */
export function child(script: string, options: ChildOptions = {}): Promise<ChildResult> {
  return startChild(script, options).done
}

/** Starts TypeScript text as a module in a process of its own. */
export function startChild(script: string, options: ChildOptions = {}): Child {
  const { env, args = [], limit = 20_000, flags = [] } = options
  allow(limit)
  const began = performance.now()
  // tsx runs the script in a further process, so both are in a group, which is killed as one.
  const started = spawn(process.execPath, [TSX, ...flags, '--input-type=module', '--eval', script, '--', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    detached: true,
  })
  const kill = (signal: NodeJS.Signals = 'SIGKILL'): void => {
    if (started.exitCode === null && started.signalCode === null) process.kill(-started.pid!, signal)
  }

  let stdout = ''
  let stderr = ''
  let timedOut = false
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // What is told to a child that has ended is lost.
  started.stdin.on('error', () => {})

  const timer = setTimeout(() => {
    timedOut = true
    kill()
  }, limit)

  const done = new Promise<ChildResult>((resolve, reject) => {
    started.once('error', reject)
    started.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout, stderr, timedOut, took: performance.now() - began })
    })
  })

  return {
    process: started,
    done,
    kill,
    tell: (line) => void started.stdin.write(`${line}\n`),
    line: (pattern) =>
      lineOf(
        started,
        pattern,
        () => stdout,
        () => stderr,
      ),
  }
}

function lineOf(of: ChildProcess, pattern: RegExp, stdout: () => string, stderr: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = stdout()
        .split('\n')
        .find((line) => pattern.test(line))
      if (found !== undefined) resolve(found)
    }
    of.stdout?.on('data', look)
    of.once('close', () => reject(new Error(`The child ended without a line ${pattern}: ${stdout()}${stderr()}`)))
    look()
  })
}
