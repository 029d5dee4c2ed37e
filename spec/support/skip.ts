import type { Hook, Runnable, Runner, Suite, Test } from 'mocha'

/** The test or hook that runs now, and the reasons for skipped ones. */
interface Watch {
  hook?: Hook | undefined
  test?: Test | undefined
  readonly reasons: Map<Suite | Runnable, string>
}

// On the global object, because mocha may load `setup.ts` and the specs through different module loaders.
const ours = globalThis as { [WATCH]?: Watch }
const WATCH: unique symbol = Symbol.for('polycache.spec.watch')

function watch(): Watch {
  ours[WATCH] ??= { reasons: new Map() }
  return ours[WATCH]
}

/** Follows what runs, so that `skip` knows what to skip. */
export function follow(runner: Runner): void {
  const now = watch()
  runner.on('hook', (hook) => {
    now.hook = hook
  })
  runner.on('hook end', () => {
    now.hook = undefined
  })
  runner.on('test', (test) => {
    now.test = test
  })
  runner.on('test end', () => {
    now.test = undefined
  })
}

/** Tells whether this is `npm run test:fast`. */
export function isFast(): boolean {
  return process.env.CACHE_SPEC_FAST !== undefined
}

/** Skips the test that calls it, or the tests behind the hook that does; the reason stands in the summary. */
export function skip(reason: string): never {
  const { hook, test, reasons } = watch()
  const runnable = hook ?? test
  if (runnable === undefined) throw new Error(`${reason}, and skipping works in tests and hooks only.`)

  reasons.set(hook?.parent ?? runnable, reason)
  return runnable.skip() as never
}

/** Gives the running test or hook more time, in ms, for what takes long for reasons of ours. */
export function allow(ms: number): void {
  const { hook, test } = watch()
  const runnable = hook ?? test
  runnable?.timeout(runnable.timeout() + ms)
}

/** Why a test was skipped. */
export function reasonOf(test: Test): string {
  for (let at: Suite | Runnable | undefined = test; at !== undefined; at = at.parent) {
    const reason = watch().reasons.get(at)
    if (reason !== undefined) return reason
  }
  return 'skipped in the spec itself'
}
