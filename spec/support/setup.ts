import type { Runner } from 'mocha'
import { follow, reasonOf } from './skip.ts'
import { printSummary, SUMMARY_FILE, type Summary, writeSummary } from './summary.ts'

/** How long the process may take to end after the last spec, in ms. */
const PATIENCE = 5000

const summary: Summary = { passed: 0, failed: 0, skipped: 0, reasons: [] }

/** Loaded by mocha before the specs: `this` is the runner. Counts, and knows what to skip. */
export function mochaGlobalSetup(this: Runner): void {
  const reasons = new Map<string, number>()
  follow(this)
  this.on('pass', () => summary.passed++)
  this.on('fail', () => summary.failed++)
  this.on('pending', (test) => {
    const reason = reasonOf(test)
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    summary.skipped++
  })
  this.on('end', () => {
    summary.reasons = [...reasons]
  })
}

/** Tells what came of it, and sees to it that the process ends. */
export function mochaGlobalTeardown(): void {
  const path = process.env[SUMMARY_FILE]
  if (path === undefined) printSummary(summary)
  else writeSummary(path, summary)

  // It does not keep the process alive, so it fires only when something else does.
  setTimeout(exitInShame, PATIENCE).unref()
}

function exitInShame(): never {
  console.error(`\nThe specs are over, but the process does not end. It is kept alive by: ${resources()}.`)
  // mocha sets the exit code at the end, and here nobody comes later.
  process.on('exit', () => {
    process.exitCode = 1
  })
  process.exit(1)
}

function resources(): string {
  return process.getActiveResourcesInfo().join(', ') || 'a worker thread'
}
