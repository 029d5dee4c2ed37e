import { writeFileSync } from 'node:fs'
import { tempFolder } from '../spec/support/run-folder.ts'
import { memcached, redis } from '../spec/support/servers.ts'
import { machine, versions } from './facts.ts'
import { type Entry, measure, mediansOf } from './harness.ts'
import type { Part } from './part.ts'
import { compile, installPeers } from './prepare.ts'
import { figuresTable, measurementsTable, type Result } from './report.ts'

/** The parts, by the names that the command line knows, with their modules. */
const PARTS = {
  cached: 'parts/cached',
  memory: 'parts/memory',
  'get-or-set': 'parts/get-or-set',
  redis: 'parts/redis',
  memcached: 'parts/memcached',
  sqlite: 'parts/sqlite',
  bridge: 'parts/bridge',
  'bridge-busy': 'parts/bridge-busy',
  wrappers: 'wrappers/hits',
  keys: 'keys/functions',
  memo: 'memo/hits',
  face: 'face',
}

type Name = keyof typeof PARTS

const METHOD = `Each contestant has its own processes, so that V8 and its call sites have seen nothing else. They warm up, find out how many
operations make a round of 60 ms, and run in turns, in the opposite order every other round: 5 rounds in each of 3 launches.
The figures are the medians of these 15, in wall time and in processor time of the contestant's process; the spread is from
the least to the greatest. Goals are checked in wall time, except for work within the process (\`cached\`, memory, \`getOrSet\`,
SQLite), where processor time gives the same result on a busy machine. \`@256\` means 256 concurrent loops, and the
time is the total divided by all operations. Everything is compiled by tsc, as in the package. Servers are private
ones on loopback. A difference of less than a tenth means nothing, and with a wide spread more than that.`

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in PARTS))
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}. There are: ${Object.keys(PARTS).join(', ')}.`)
  process.exitCode = 1
} else {
  await bench(asked.length > 0 ? (asked as Name[]) : (Object.keys(PARTS) as Name[]))
}

async function bench(names: readonly Name[]): Promise<void> {
  installPeers()
  compile()
  const facts = [`${new Date().toISOString().slice(0, 10)}. ${machine()}.`, `${versions()}.`].join('\n\n')
  const results = await resultsOf(names)
  console.log(`\n${figuresTable(results)}`)
  if (names.length === Object.keys(PARTS).length) save(facts, results)
}

async function resultsOf(names: readonly Name[]): Promise<Result[]> {
  const servers = { redis: await redis({}), memcached: await memcached({}) }
  const env = {
    BENCH_REDIS: servers.redis.url,
    BENCH_MEMCACHED: `${servers.memcached.host}:${servers.memcached.port}`,
    BENCH_FOLDER: tempFolder('bench'),
  }
  const results: Result[] = []
  try {
    for (const name of names) results.push(await resultOf(name, env))
  } finally {
    await servers.redis.close()
    await servers.memcached.close()
  }
  return results
}

async function resultOf(name: Name, env: NodeJS.ProcessEnv): Promise<Result> {
  const entry = await entryOf(name)
  const measurements = await measure(entry, env)
  const result = {
    title: entry.part.title,
    figures: entry.part.figures(mediansOf(measurements, entry.part)),
    measurements,
  }
  console.log(`\n${measurementsOf(result)}`)
  return result
}

async function entryOf(name: Name): Promise<Entry> {
  const { part } = (await import(`./${PARTS[name]}.ts`)) as { part: Part }
  return { part, module: `${PARTS[name]}.js` }
}

function measurementsOf(result: Result): string {
  return `### ${result.title}\n\n${measurementsTable(result)}`
}

/** Writes what a run of all parts gave, for those who want to know before they install. */
function save(facts: string, results: readonly Result[]): void {
  const sections = [
    '# Results of `npm run bench`',
    facts,
    METHOD,
    figuresTable(results),
    ...results.map(measurementsOf),
  ]
  writeFileSync(new URL('results.md', import.meta.url), `${sections.join('\n\n')}\n`)
}
