import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './ports.ts'
import { notePid, tempFolder } from './run-folder.ts'

/** How long a server may take to answer, in ms: much, for machines that are busy. */
export const START_LIMIT = 30_000

/** How to run a server program, and how to know that it is up. */
export interface Recipe {
  readonly program: string
  /** The arguments for a port and a folder of its own, which it keeps over restarts. */
  args(port: number, folder: string): string[]
  /** The text to send to it, */
  readonly hello: string
  /** and how the answer begins of a server that is ready. */
  readonly answer: RegExp
}

/** A server of our own on a port of 127.0.0.1, which specs may mistreat. */
export class Server {
  readonly host = '127.0.0.1'
  /** Stays the same over restarts. */
  readonly port: number
  readonly #recipe: Recipe
  readonly #folder = tempFolder('server')
  #process: ChildProcess | undefined

  private constructor(recipe: Recipe, port: number) {
    this.#recipe = recipe
    this.port = port
  }

  /** Starts a server, and waits until it answers. */
  static async start(recipe: Recipe): Promise<Server> {
    for (let attempt = 1; ; attempt++) {
      const server = new Server(recipe, await freePort())
      if (await server.#isUp()) return server
      // Somebody else may have taken the port between our look at it and the server's.
      if (attempt === 3) throw new Error(`${recipe.program} does not start: ${server.#log()}`)
      await server.close()
    }
  }

  /** The process, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Ends the process at once, as a crash would, and waits until it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const running = this.#process
    if (running === undefined) return
    const gone = once(running, 'exit')
    running.ref()
    running.kill(signal)
    await gone
  }

  /** Starts it again on the same port, empty, and waits until it answers. */
  async restart(): Promise<void> {
    await this.kill()
    if (!(await this.#isUp())) throw new Error(`${this.#recipe.program} does not start again: ${this.#log()}`)
  }

  /** Freezes the process (SIGSTOP): connections stay, and connecting works, but nothing answers. */
  stop(): void {
    const { pid } = this.#process ?? {}
    if (pid === undefined) return
    process.kill(pid, 'SIGSTOP')
    // The signal takes a moment, in which threads of the server may answer still.
    for (let turn = 0; turn < 1000 && !isStopped(pid); turn++) Atomics.wait(NOTHING, 0, 0, 1)
  }

  /** Lets a frozen process go on. */
  cont(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Ends it, and removes what it left. */
  async close(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #isUp(): Promise<boolean> {
    this.#spawn()
    const limit = performance.now() + START_LIMIT
    while (performance.now() < limit && this.#process !== undefined) {
      if (this.#recipe.answer.test(await ask(this.port, this.#recipe.hello).catch(() => ''))) return true
      await sleep(20)
    }
    return false
  }

  #spawn(): void {
    const { program, args } = this.#recipe
    const log = openSync(join(this.#folder, 'log'), 'a')
    // Detached, so that Ctrl+C in the terminal ends the specs first, and they end the server.
    const started = spawn(program, args(this.port, this.#folder), { detached: true, stdio: ['ignore', log, log] })
    started.unref()
    started.once('error', () => this.#gone(started))
    started.once('exit', () => this.#gone(started))
    if (started.pid !== undefined) notePid(this.#folder, started.pid)
    this.#process = started
  }

  #gone(process: ChildProcess): void {
    if (this.#process !== process) return
    this.#process = undefined
    rmSync(join(this.#folder, 'pid'), { force: true })
  }

  #log(): string {
    return readFileSync(join(this.#folder, 'log'), 'utf8').slice(-1000) || 'it says nothing'
  }
}

/** Sends text to a port of 127.0.0.1, and gives the first that comes back, within a second. */
export function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    const end = (settle: () => void): void => {
      socket.destroy()
      settle()
    }
    socket.setTimeout(1000, () => end(() => reject(new Error(`Nothing answers on port ${port}.`))))
    socket.once('data', (data) => end(() => resolve(data.toString())))
    socket.once('error', (error) => end(() => reject(error)))
    socket.once('close', () => reject(new Error(`Port ${port} hung up.`)))
  })
}

const NOTHING = new Int32Array(new SharedArrayBuffer(4))

/** Tells whether every thread of a process is frozen; true where that cannot be found out. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return true
  return readdirSync(tasks).every((task) =>
    / [Tt] /.test(readFileSync(`${tasks}/${task}/stat`, 'latin1').replace(/.*\)/s, '')),
  )
}
