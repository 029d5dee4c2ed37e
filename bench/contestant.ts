import type { ClockName, Part } from './part.ts'

/**
 * A contestant in a process of its own. It is told by messages which loop to run, and answers with what it measured.
 * Arguments: the module of the part, from here, and the name of the contestant.
 */

/** A request to the process: prepare a loop, or run it for a round. */
export interface Question {
  readonly ask: 'prepare' | 'run'
  readonly loop: string
}

/** Its answer: its loops at first, then the result of each `run`. */
export interface Answer {
  readonly loops?: string[] | undefined
  readonly round?: Round | undefined
}

/** The result of a round: ns per operation by either clock, or the loop's own figure for both. */
export type Round = Readonly<Record<ClockName, number>>

const WARM_UP_MS = 150
const ROUND_MS = 60

// When the harness is gone, nobody needs this any more.
process.on('disconnect', () => process.exit())

const [, , module, name] = process.argv
const { part } = (await import(new URL(module!, import.meta.url).href)) as { part: Part }
const loops = await part.contestants[name!]!()
const lengths = new Map<string, number>()

process.on('message', async ({ ask, loop }: Question) => {
  if (ask === 'run') return answer({ round: await run(loop) })
  await prepare(loop)
  answer({})
})
answer({ loops: Object.keys(loops) })

/** Lets V8 get to know a loop, and finds out how many times it fits into a round. */
async function prepare(name: string): Promise<void> {
  const end = performance.now() + WARM_UP_MS
  let times = 1
  for (;;) {
    const took = (await timed(name, times))[part.clock ?? 'wall']
    if (took >= ROUND_MS / 4 && performance.now() > end) {
      lengths.set(name, Math.max(1, Math.round((times * ROUND_MS) / took)))
      return
    }
    if (took < ROUND_MS / 4) times *= 2
  }
}

async function run(name: string): Promise<Round> {
  const times = lengths.get(name)!
  const { own, wall, processor } = await timed(name, times)
  if (own !== undefined) return { wall: own, processor: own }
  return { wall: (wall * 1e6) / times, processor: (processor * 1e6) / times }
}

/** How long a loop takes, in ms, and its own figure if it has one. */
async function timed(name: string, times: number): Promise<Round & { own: number | undefined }> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const own = await loops[name]!(times)
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { own: typeof own === 'number' ? own : undefined, wall, processor: (user + system) / 1000 }
}

function answer(answer: Answer): void {
  process.send!(answer)
}
