import type { Runner } from 'mocha'
import { follow } from './skip.ts'
import { counting, printSummary, type Summary } from './summary.ts'

/** How long the process may take to end after the last spec, in ms. */
const PATIENCE = 5000

let summary: Summary | undefined

/** Loaded by mocha before the specs where it is called by itself, `npx mocha spec/...`: `this` is the runner. */
export function mochaGlobalSetup(this: Runner): void {
  summary = counting(this)
  follow(this)
}

/** Prints the summary, and makes sure that the process ends. */
export function mochaGlobalTeardown(): void {
  if (summary !== undefined) printSummary(summary)
  endSoon()
}

/** Ends the process as a failure, and names what kept it alive, if it does not end by itself in time. */
export function endSoon(): void {
  // Does not keep the process alive, so it fires only if something else does.
  setTimeout(exitInShame, PATIENCE).unref()
}

function exitInShame(): never {
  console.error(`\nThe specs are over, but the process does not end. It is kept alive by: ${resources()}.`)
  // mocha sets the exit code at the end, and nothing comes after this.
  process.on('exit', () => {
    process.exitCode = 1
  })
  process.exit(1)
}

function resources(): string {
  return process.getActiveResourcesInfo().join(', ') || 'a worker thread'
}
