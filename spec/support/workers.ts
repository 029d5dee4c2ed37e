import { type ChildProcess, spawn } from 'node:child_process'
import type { MochaOptions } from 'mocha'
import { root } from './child.ts'
import { type Summary, total } from './summary.ts'

/** A message of a worker: a test or hook that begins, or the result of a file. */
export interface Report {
  readonly at?: string
  readonly done?: Summary
}

/** Stands between the output of two files, so that the output of one is kept together. */
export const END_OF_FILE = '\0'

/** The exit code of a worker that cannot load a file. */
export const UNLOADABLE = 77

/** How long a test may take, in ms, before it counts as hanging. The longest ones take a minute. */
const SILENCE = Number(process.env.CACHE_SPEC_SILENCE ?? 240_000)

/** How long a worker may take to begin its first test, or that of the next file, in ms. */
const LOADING = Math.max(SILENCE, 60_000)

export interface WorkerOptions {
  readonly mocha: MochaOptions
  /** The environment of each worker; one worker per environment. */
  readonly environments: readonly NodeJS.ProcessEnv[]
}

/** Runs spec files in several processes at once, each of which takes the next file of the queue when it is done with one. */
export async function runFiles(files: readonly string[], { mocha, environments }: WorkerOptions): Promise<Summary> {
  const queue = [...files]
  const takesTurns = environments.length > 1
  const summaries = environments.map((env) => new Worker(queue, mocha, env, takesTurns).run())
  return total(await Promise.all(summaries))
}

class Worker {
  readonly #queue: string[]
  readonly #mocha: MochaOptions
  readonly #env: NodeJS.ProcessEnv
  /** The output of a file is printed at its end rather than as it comes. */
  readonly #buffers: boolean
  readonly #summaries: Summary[] = []
  #output = ''
  #file: string | undefined
  #test = ''
  /** How many files the process has been given. */
  #files = 0

  constructor(queue: string[], mocha: MochaOptions, env: NodeJS.ProcessEnv, buffers: boolean) {
    this.#queue = queue
    this.#mocha = mocha
    this.#env = env
    this.#buffers = buffers
  }

  /** Runs files until none is left. A process that ends before is a failure of its file; the next file gets a new one. */
  async run(): Promise<Summary> {
    while (this.#queue.length > 0) await this.#runProcess()
    return total(this.#summaries)
  }

  #runProcess(): Promise<void> {
    this.#files = 0
    const args = ['--import', 'tsx', 'spec/support/worker.ts', JSON.stringify(this.#mocha)]
    const started = spawn(process.execPath, args, {
      cwd: root,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    let timer: NodeJS.Timeout | undefined
    const watch = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => this.#hangs(started), this.#test === '' ? LOADING : SILENCE)
    }
    for (const stream of [started.stdout!, started.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => this.#write(text))
    started.on('message', ({ at, done }: Report) => {
      if (at !== undefined) this.#test = at
      if (done !== undefined) {
        this.#summaries.push(done)
        this.#next(started)
      }
      watch()
    })
    // Ctrl+C reaches the worker by itself; a SIGTERM is passed on. Either way the servers are stopped by `run.ts`.
    const stop = (): void => {
      this.#queue.length = 0
      started.kill('SIGTERM')
    }
    process.on('SIGTERM', stop)
    watch()
    this.#next(started)

    return new Promise((resolve) => {
      started.once('close', (code, signal) => {
        clearTimeout(timer)
        process.off('SIGTERM', stop)
        this.#ended(code, signal)
        resolve()
      })
    })
  }

  #next(worker: ChildProcess): void {
    this.#file = this.#queue.shift()
    this.#files++
    this.#test = ''
    if (worker.connected) worker.send(this.#file ?? '')
  }

  #hangs(worker: ChildProcess): void {
    const test = this.#test || 'while it is loaded'
    this.#fail(`${this.#file ?? 'the end of the run'} hangs: ${test}`)
    this.#file = undefined
    worker.kill('SIGKILL')
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#output !== '') this.#flush()
    if (this.#file !== undefined && code === UNLOADABLE && this.#files > 1) this.#queue.unshift(this.#file)
    else if (this.#file !== undefined && code === UNLOADABLE) this.#fail(`${this.#file} cannot be loaded`)
    else if (this.#file !== undefined)
      this.#fail(`${this.#file} ended its process (${signal ?? `code ${code}`}): ${this.#test || 'while it is loaded'}`)
    else if (code !== 0 && signal === null) this.#fail(`The specs are over, and their process ended with code ${code}`)
    this.#file = undefined
  }

  #fail(failure: string): void {
    console.error(`\n${failure}`)
    this.#summaries.push({ passed: 0, failed: 1, skipped: 0, reasons: [], times: [], failures: [failure] })
  }

  #write(text: string): void {
    if (!this.#buffers) return void process.stdout.write(text.replaceAll(END_OF_FILE, ''))
    const parts = (this.#output + text).split(END_OF_FILE)
    this.#output = parts.pop()!
    for (const part of parts) process.stdout.write(part)
  }

  #flush(): void {
    process.stdout.write(this.#output)
    this.#output = ''
  }
}
