import { writeFileSync } from 'node:fs'
import { machine, versions } from '../facts.ts'
import { type Measurement, measure } from '../harness.ts'
import type { Medians, Part } from '../part.ts'
import { compile, installPeers } from '../prepare.ts'
import { figuresTable, measurementsTable, type Result } from '../report.ts'
import { leftBehind, soak } from './soak.ts'
import { measureWhole, numbersTable, type Whole } from './whole.ts'

/**
 * Measures the cache in memory against others of its kind.
 *
 * npm run bench:memory                     all parts; writes results.md and results.json
 * npm run bench:memory -- zipf bytes       some of them
 * npm run bench:memory -- soak [seconds]   churns for a minute, and fails if memory grows
 */
const PARTS = ['reads', 'zipf', 'get-or-set']
const WHOLES = ['bytes', 'pauses', 'expiry']
const ALL = [...PARTS, ...WHOLES]

const METHOD = `Each contestant has processes of its own, so that V8 and its call sites know nothing else. They warm up, find out how many
operations make a round of 60 ms, and run in turns, in the opposite order every other round: 5 rounds in each of 3 launches.
Tables give the medians of these 15, by the clock on the wall and in processor time of the contestant's process; the spread is from
the least to the greatest. Figures go by the lower quartile of processor time: whatever else the machine does makes rounds slower,
never faster. Memory, pauses and expiry are measured once in a process: the median of 5 of them. Everything is compiled by tsc, as it is in the package. A difference of less than a tenth is none, and with a
great spread more than that.`

/** The most bytes that may stay behind for each operation of a churn: what samples differ by anyway. */
const FLAT = 0.1

/** A result, as it is written. */
interface Section {
  readonly result: Result
  readonly text: string
}

const [first, ...rest] = process.argv.slice(2)
if (first === 'soak') await soakFor(Number(rest[0] ?? 60))
else await bench(first === undefined ? ALL : [first, ...rest])

async function bench(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !ALL.includes(name))
  if (unknown.length > 0) {
    throw new Error(`There is no part ${unknown.join(', ')}. There are: ${ALL.join(', ')}, soak.`)
  }
  installPeers()
  compile()
  const facts = [`${new Date().toISOString().slice(0, 10)}. ${machine()}.`, `${versions()}.`].join('\n\n')
  const sections: Section[] = []
  for (const name of names) {
    const section = await sectionOf(name)
    console.log(`\n${section.text}`)
    sections.push(section)
  }
  console.log(`\n${figuresTable(sections.map(({ result }) => result))}`)
  if (names.length === ALL.length) save(facts, sections)
}

async function sectionOf(name: string): Promise<Section> {
  if (WHOLES.includes(name)) {
    const { whole } = (await import(`./${name}.ts`)) as { whole: Whole }
    const result = await measureWhole(whole, `./${name}.js`)
    return { result, text: `### ${result.title}\n\n${numbersTable(result, whole.unit)}` }
  }
  const { part } = (await import(`./${name}.ts`)) as { part: Part }
  const measurements = await measure({ part, module: `memory/${name}.js` }, {})
  const result = { title: part.title, figures: part.figures(quartilesOf(measurements)), measurements }
  return { result, text: `### ${result.title}\n\n${measurementsTable(result)}` }
}

/** Writes what a run of all parts gave: to be read, and to be drawn. */
function save(facts: string, sections: readonly Section[]): void {
  const results = sections.map(({ result }) => result)
  const text = ['# Results of `npm run bench:memory`', facts, METHOD, figuresTable(results)]
  writeFileSync(
    new URL('results.md', import.meta.url),
    `${[...text, ...sections.map(({ text }) => text)].join('\n\n')}\n`,
  )
  writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results.map(brief), undefined, 2)}\n`)
}

/** The lower quartiles of a result, without the rounds. */
function brief({ title, measurements }: Result): object {
  const of = quartilesOf(measurements)
  return {
    title,
    figures: measurements.map(({ contestant, loop }) => ({ contestant, loop, value: of(contestant, loop) })),
  }
}

function quartilesOf(measurements: readonly Measurement[]): Medians {
  return (contestant, loop) => {
    const found = measurements.find((one) => one.contestant === contestant && one.loop === loop)
    if (found === undefined) throw new Error(`Nobody measured ${loop} of ${contestant}.`)
    return found.rounds.map(({ processor }) => processor).sort((a, b) => a - b)[found.rounds.length >> 2]!
  }
}

async function soakFor(seconds: number): Promise<void> {
  const soaked = await soak(seconds, 12)
  const left = leftBehind(soaked)
  console.log(`${soaked.operations} operations; bytes in use: ${soaked.samples.join(' ')}`)
  console.log(`Left behind: ${left.toFixed(3)} bytes per operation, at most ${FLAT}.`)
  if (left > FLAT) process.exitCode = 1
}
