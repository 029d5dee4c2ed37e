import type { Runner } from 'mocha'
import { reasonOf } from './skip.ts'

/** The result of a run: how many tests passed, failed and were skipped, and why. */
export interface Summary {
  passed: number
  failed: number
  skipped: number
  /** Each reason for skipping, with the number of tests that it kept from running. */
  reasons: [reason: string, tests: number][]
  /** The full titles of the tests that failed. */
  failures: string[]
  /** How long each file took, and how long its process computed, in ms. */
  times: [file: string, ms: number, cpu: number][]
}

/** A summary that is filled while a runner runs. */
export function counting(runner: Runner): Summary {
  const summary: Summary = { passed: 0, failed: 0, skipped: 0, reasons: [], times: [], failures: [] }
  const reasons = new Map<string, number>()
  runner.on('pass', () => summary.passed++)
  runner.on('fail', (test) => {
    summary.failed++
    summary.failures.push(test.fullTitle())
  })
  runner.on('pending', (test) => {
    summary.skipped++
    const reason = reasonOf(test)
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    summary.reasons = [...reasons]
  })
  return summary
}

/** One summary of several. */
export function total(summaries: readonly Summary[]): Summary {
  const reasons = new Map<string, number>()
  for (const [reason, tests] of summaries.flatMap((summary) => summary.reasons))
    reasons.set(reason, (reasons.get(reason) ?? 0) + tests)
  const sum = (count: 'passed' | 'failed' | 'skipped') => summaries.reduce((all, summary) => all + summary[count], 0)
  return {
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    reasons: [...reasons],
    failures: summaries.flatMap(({ failures }) => failures),
    times: summaries.flatMap(({ times }) => times),
  }
}

/** Prints how long the files took, and how much of it their process computed, the longest first. */
export function printTimes({ times }: Summary): void {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1).padStart(7)} s`
  for (const [file, ms, cpu] of times.sort(([, a], [, b]) => b - a)) console.log(seconds(ms), seconds(cpu), file)
}

/** Prints the reasons for skipping, the failures and, alone on the last line, the three numbers. */
export function printSummary({ passed, failed, skipped, reasons, failures }: Summary): void {
  if (reasons.length > 0) console.log('\nSkipped:')
  for (const [reason, tests] of reasons) console.log(`  ${tests} × ${reason}`)
  if (failures.length > 0) console.log('\nFailed:')
  for (const failure of failures) console.log(`  ${failure}`)
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
}
