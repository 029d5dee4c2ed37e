import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Question, Round } from './contestant.ts'
import type { ClockName, Medians, Part } from './part.ts'

/**
 * Measures contestants against each other, each in a process of its own: they warm up, find out how long a loop makes a
 * round, and run in turns, in the opposite order every other round, so that whatever else the machine does hits them all.
 * All of that is done over with new processes, because the same code may be 10 % faster or slower in the next one.
 */
const LAUNCHES = 3
const ROUNDS = 5

/** The program of contestants: compiled, because what tsx does to functions makes some of them slow. */
const CONTESTANT = fileURLToPath(new URL('dist/bench/contestant.js', import.meta.url))

/** A part, and the module that it is from. */
export interface Entry {
  readonly module: string
  readonly part: Part
}

/** All rounds of a contestant in a case. */
export interface Measurement {
  readonly contestant: string
  readonly loop: string
  readonly rounds: Round[]
}

/** Measures a part. `env` tells the contestants where the servers are. */
export async function measure(entry: Entry, env: NodeJS.ProcessEnv): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (let launch = 0; launch < LAUNCHES; launch++) {
    const names = Object.keys(entry.part.contestants)
    const racers = await Promise.all(names.map((name) => Racer.start(name, entry, env)))
    for (const loop of new Set(racers.flatMap(({ loops }) => loops))) {
      const taking = racers.filter(({ loops }) => loops.includes(loop))
      await race(taking, loop, measurements)
    }
    await Promise.all(racers.map((racer) => racer.end()))
  }
  return measurements
}

/** The medians of what was measured, by the clock of the part. */
export function mediansOf(measurements: readonly Measurement[], { clock = 'wall' }: Part): Medians {
  return (contestant, loop) => {
    const found = measurements.find((one) => one.contestant === contestant && one.loop === loop)
    if (found === undefined) throw new Error(`Nobody measured ${loop} of ${contestant}.`)
    return medianOf(found.rounds, clock)
  }
}

/** The middle one of several rounds. */
export function medianOf(rounds: readonly Round[], clock: ClockName): number {
  return rounds.map((round) => round[clock]).sort((a, b) => a - b)[Math.floor(rounds.length / 2)]!
}

async function race(racers: readonly Racer[], loop: string, measurements: Measurement[]): Promise<void> {
  for (const racer of racers) await racer.ask({ ask: 'prepare', loop })
  for (let round = 0; round < ROUNDS; round++) {
    for (const racer of round % 2 === 0 ? racers : racers.toReversed()) {
      const { round: result } = await racer.ask({ ask: 'run', loop })
      roundsOf(measurements, racer.name, loop).push(result!)
    }
  }
}

function roundsOf(measurements: Measurement[], contestant: string, loop: string): Round[] {
  const known = measurements.find((one) => one.contestant === contestant && one.loop === loop)
  if (known !== undefined) return known.rounds
  const begun: Measurement = { contestant, loop, rounds: [] }
  measurements.push(begun)
  return begun.rounds
}

/** The process of a contestant. */
class Racer {
  readonly name: string
  loops: readonly string[] = []
  readonly #process: ChildProcess

  private constructor(name: string, process: ChildProcess) {
    this.name = name
    this.#process = process
  }

  static async start(name: string, entry: Entry, env: NodeJS.ProcessEnv): Promise<Racer> {
    const node = [process.execPath, '--disable-warning=POLYCACHE_BLOCKING', CONTESTANT, entry.module, name]
    const [program, ...args] = [...(entry.part.under ?? []), ...node]
    const started = spawn(program!, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const racer = new Racer(name, started)
    racer.loops = (await racer.#answer()).loops!
    return racer
  }

  ask(question: Question): Promise<Answer> {
    this.#process.send(question)
    return this.#answer()
  }

  async end(): Promise<void> {
    this.#process.disconnect()
    await once(this.#process, 'exit')
  }

  #answer(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error(`The process of ${this.name} ended before its time.`))
      this.#process.once('exit', gone)
      this.#process.once('message', (answer: Answer) => {
        this.#process.off('exit', gone)
        resolve(answer)
      })
    })
  }
}
