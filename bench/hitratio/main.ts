import { writeFileSync } from 'node:fs'
import Table from 'cli-table3'
import { POLICIES, type PolicyName, policyMaker } from '../../adapters/memory/engine/policies/builtin.ts'
import { type Cell, cellsOf } from './cells.ts'
import { optimalHits } from './optimum.ts'
import { hashesOf, hitsOf } from './simulate.ts'
import { hitRatio, workloads } from './workloads.ts'

/**
 * Measures the hit ratio of every policy over the traces of a folder, beside the best there could be, and fails when one is
 * better than that, or when the default starves what is stored once and only read. Entries are of one size, the cache is cold at first, and stores whatever it misses. A run of all policies
 * over the published traces writes results.json, from which the plots are drawn.
 *
 * npm run bench:hitratio -- <folder with traces> [policy...]
 */

/** Short traces are run with several seeds, and the mean is taken: chance has more of a say in them. */
const SEEDS = [1, 2, 3]
const SHORT = 300_000

const PLAIN = { head: [], border: [], compact: true }

/** Those that have been measured elsewhere. */
const REFERENCES = [
  ['ARC', 'arc'],
  ['Caffeine 3.2.2', 'caffeine'],
] as const

interface Row {
  readonly cell: Cell
  readonly optimum: number
  readonly ratios: ReadonlyMap<PolicyName, number>
}

const [folder, ...asked] = process.argv.slice(2)
if (folder === undefined) throw new Error('Say where the traces are: npm run bench:hitratio -- <folder>')
const policies = asked.length === 0 ? POLICIES : [...new Set<PolicyName>([...(asked as PolicyName[]), 'lru'])]

const rows = [...cellsOf(folder)].flat().map(rowOf)
console.log(tableOf(rows).toString())
console.log(summaryOf(rows).toString())

if (asked.length === 0 && rows.every(({ cell }) => cell.caffeine !== undefined)) save(rows)

const impossible = rows.filter(({ optimum, ratios }) => [...ratios.values()].some((ratio) => ratio > optimum + 1e-9))
for (const { cell } of impossible) {
  console.error(`${cell.trace.name} at ${cell.capacity}: a policy is better than the best there could be.`)
}
const starved = starvedWorkloads()
process.exitCode = impossible.length === 0 && starved.length === 0 ? 0 : 1

/** Runs what is stored once and only read, and names the workloads in which the default is more than 5 points under LRU. */
function starvedWorkloads(): string[] {
  const gaps = [...workloads([50, 100, 1000, 10_000], [0.25, 0.45, 0.7])].map((workload) => {
    const [lru, adaptive] = (['lru', 'adaptive'] as const).map((name) =>
      hitRatio(workload, policyMaker(name), SEEDS[0]!),
    )
    return { name: workload.name, gap: 100 * (lru! - adaptive!) }
  })
  const worst = gaps.reduce((most, one) => (one.gap > most.gap ? one : most))
  console.log(
    `Stored once and only read, ${gaps.length} workloads: at most ${text(worst.gap)} under LRU (${worst.name}).`,
  )
  const starved = gaps.filter(({ gap }) => gap > 5).map(({ name, gap }) => `${name}: ${text(gap)} points under LRU.`)
  for (const line of starved) console.error(line)
  return starved
}

function rowOf(cell: Cell): Row {
  const { requests } = cell.trace
  const optimum = (100 * optimalHits(requests, cell.capacity)) / requests.length
  return { cell, optimum, ratios: new Map(policies.map((policy) => [policy, ratioOf(cell, policy)])) }
}

function ratioOf({ trace, capacity }: Cell, policy: PolicyName): number {
  const seeds = trace.requests.length < SHORT ? SEEDS : SEEDS.slice(0, 1)
  const hits = seeds.map((seed) =>
    hitsOf(trace.requests, hashesOf(trace.unique, seed), policyMaker(policy), capacity, seed),
  )
  return (100 * mean(hits)) / trace.requests.length
}

/** Writes what was measured, in percent. */
function save(rows: readonly Row[]): void {
  const cells = rows.map(({ cell: { trace, ...cell }, optimum, ratios }) => {
    return { trace: trace.name, ...cell, optimum, ...Object.fromEntries(ratios) }
  })
  writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(cells, rounded, 2)}\n`)
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value
}

function tableOf(rows: readonly Row[]): Table.Table {
  const table = new Table({ head: ['trace', 'entries', ...policies, 'ARC', 'Caffeine', 'OPT'], style: PLAIN })
  for (const { cell, optimum, ratios } of rows) {
    const figures = [...ratios.values(), cell.arc ?? Number.NaN, cell.caffeine ?? Number.NaN, optimum]
    table.push([cell.trace.name, cell.capacity, ...figures.map(text)])
  }
  return table
}

/** Over all cells: the mean, the mean of the shares of the optimum, and where a policy is furthest under LRU. */
function summaryOf(rows: readonly Row[]): Table.Table {
  const table = new Table({
    head: ['policy', 'mean', '% of OPT', 'of applications', 'worst against LRU'],
    style: PLAIN,
  })
  const applications = rows.filter(({ cell }) => cell.isApplication)
  for (const policy of policies) {
    const against = rows.map(({ ratios }) => ratios.get(policy)! - ratios.get('lru')!)
    const worst = rows[against.indexOf(Math.min(...against))]!
    table.push([
      policy,
      text(mean(rows.map(({ ratios }) => ratios.get(policy)!))),
      text(shareOf(rows, policy)),
      text(shareOf(applications, policy)),
      `${text(Math.min(...against))} (${worst.cell.trace.name} at ${worst.cell.capacity})`,
    ])
  }
  for (const [name, of] of REFERENCES) {
    const known = rows.flatMap(({ cell }) => cell[of] ?? [])
    if (known.length === rows.length) table.push([name, text(mean(known)), '', '', ''])
  }
  return table
}

/** The mean of the shares of the optimum that a policy reaches, in percent. */
function shareOf(rows: readonly Row[], policy: PolicyName): number {
  return 100 * mean(rows.map(({ ratios, optimum }) => (optimum === 0 ? 1 : ratios.get(policy)! / optimum)))
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

function text(ratio: number): string {
  return Number.isNaN(ratio) ? '' : ratio.toFixed(2)
}
