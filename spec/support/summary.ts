import { readFileSync, writeFileSync } from 'node:fs'

/** What came of a run: how many tests passed, failed and were skipped, and why. */
export interface Summary {
  passed: number
  failed: number
  skipped: number
  /** Each reason, with the number of tests that it kept from running. */
  reasons: [reason: string, tests: number][]
}

/** Names the file through which the mocha process tells `run.ts`. */
export const SUMMARY_FILE = 'CACHE_SPEC_SUMMARY'

/** Prints the reasons for skipping and, alone on the last line, the three numbers. */
export function printSummary({ passed, failed, skipped, reasons }: Summary): void {
  if (reasons.length > 0) console.log('\nSkipped:')
  for (const [reason, tests] of reasons) console.log(`  ${tests} × ${reason}`)
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
}

export function writeSummary(path: string, summary: Summary): void {
  writeFileSync(path, JSON.stringify(summary))
}

/** The summary in a file, or `undefined` when the process that was to write it did not get so far. */
export function readSummary(path: string): Summary | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Summary
  } catch {
    return undefined
  }
}
