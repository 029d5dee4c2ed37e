import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import Mocha, { type MochaOptions, type Runner } from 'mocha'
import { root } from './child.ts'
import { endSoon } from './setup.ts'
import { follow, isFast } from './skip.ts'
import { counting } from './summary.ts'
import { END_OF_FILE, type Report, UNLOADABLE } from './workers.ts'

/**
 * One of the processes in which `run.ts` runs the specs: it is sent one file after the other, and reports each test that
 * begins, so that a hanging one can be named, and the result of each file.
 */
const options = JSON.parse(process.argv[2] ?? '{}') as MochaOptions
const { timeout } = JSON.parse(readFileSync(join(root, '.mocharc.json'), 'utf8')) as MochaOptions

/** The reporter `spec`, which prints failures at the end of a file, and leaves the numbers to the summary. */
class Reporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    if (this.failures.length > 0) Mocha.reporters.Base.list(this.failures)
  }
}

// As mocha's own command does.
Error.stackTraceLimit = Number.POSITIVE_INFINITY

// Properties are looked at briefly: fuzzing is for the whole run.
if (isFast()) fc.configureGlobal({ interruptAfterTimeLimit: 100, markInterruptAsFailure: false })

process.on('message', async (file: string) => {
  if (file === '') return end()
  try {
    report({ done: await run(file) })
  } catch (error) {
    // The reason may lie in this process, such as a compiler that has gone: a new one shows.
    console.error(error)
    process.exit(UNLOADABLE)
  }
})

async function run(file: string) {
  const began = performance.now()
  const cpuBefore = process.cpuUsage()
  const mocha = new Mocha({ timeout, forbidOnly: true, ...options, reporter: Reporter as never })
  mocha.addFile(file)
  await mocha.loadFilesAsync()
  return await new Promise<NonNullable<Report['done']>>((resolve) => {
    const runner: Runner = mocha.run(() => {
      process.stdout.write(END_OF_FILE)
      resolve({ ...summary, times: [[file, performance.now() - began, cpu(cpuBefore)]] })
    })
    const summary = counting(runner)
    follow(runner)
    for (const event of ['hook', 'test'] as const) runner.on(event, (at) => report({ at: at.fullTitle() }))
  })
}

/** The time that this process has computed, in ms. */
function cpu(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}

function report(message: Report): void {
  process.send?.(message)
}

function end(): void {
  process.disconnect()
  endSoon()
}
