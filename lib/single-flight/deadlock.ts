import { AsyncLocalStorage } from 'node:async_hooks'
import { CacheError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import type { Load } from './loads.ts'

/**
 * Circles of loaders: a loader that awaits a value which, through whatever other loaders and caches, awaits its own would
 * wait for ever, and gets an `E_RECURSION` that names the circle.
 *
 * An AsyncLocalStorage tells which loads a caller works for. A load waits for another from the moment that its loader awaits
 * the promise of a call, not from the call itself: work that a loader starts in the background and never awaits may come back
 * to it. The promises of calls inside loaders are `NestedPromise`s, which notice that. An edge that would close a circle
 * rejects the `await` that closes it.
 *
 * On Node 20 an enabled AsyncLocalStorage slows every `await` of the process (from 57 to 150 ns), so it is disabled again
 * soon after the last loader is done.
 */
const asking = new AsyncLocalStorage<readonly Load[]>()
const NOBODY: readonly Load[] = []
let isSwitchingOff = false

/** How many loaders run. A field that its users change by themselves: in a stack overflow assignments work where calls do not. */
export const loaders = { running: 0 }

/** The loads that the caller works for: those whose loader is calling. */
export function askers(): readonly Load[] {
  return loaders.running === 0 ? NOBODY : (asking.getStore() ?? NOBODY)
}

/**
 * Begins the run of a loader: whatever it calls works for these loads. Returns what `leaveLoader` takes. Not
 * `asking.run(loads, loader)`, whose frames would be on the stack of every nested loader.
 */
export function enterLoader(loads: readonly Load[]): readonly Load[] {
  const before = askers()
  loaders.running++
  asking.enterWith(loads)
  return before
}

/** The loader has returned, though maybe a promise: the caller works for the same loads as before. */
export function leaveLoader(before: readonly Load[]): void {
  asking.enterWith(before)
}

/** A loader is done, and has been taken from `loaders.running`. */
export function loaderDone(): void {
  if (isSwitchingOff) return
  isSwitchingOff = true
  setTimeout(() => {
    isSwitchingOff = false
    if (loaders.running === 0) asking.disable()
  }, 50).unref()
}

/** A promise that a loader was given by a call of a cache. */
class NestedPromise<T> extends Promise<T> {
  waiting: readonly Load[] = NOBODY
  load: Load | undefined

  override then<A = T, B = never>(
    resolved?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const { load, waiting } = this
    if (load === undefined || !isOfEngine(resolved)) {
      const derived = super.then(resolved, rejected)
      if (derived instanceof NestedPromise && load !== undefined) Object.assign(derived, { load, waiting })
      return derived
    }
    try {
      const done = beginWaiting(load, waiting)
      super.then(done, done)
      return super.then(resolved, rejected)
    } catch (error) {
      // The error below tells the waiter. How the load itself ends does not matter here, and must not be unhandled.
      super.then(undefined, () => {})
      return Promise.reject(error).then(resolved, rejected)
    }
  }
}

/** The promise of a load as a caller is given it. Inside a loader it notices that it is awaited. */
export function handedOut<T>(promise: Promise<T>, load: Load, waiting: readonly Load[]): Promise<T> {
  if (waiting.length === 0) return promise
  const nested = new NestedPromise<T>((resolve, reject) => promise.then(resolve, reject))
  nested.load = load
  nested.waiting = waiting
  return nested
}

/** Whether a reaction is one of those by which `await`, `return` and `Promise.all` wait, rather than a user's. */
function isOfEngine(reaction: unknown): boolean {
  return (
    typeof reaction === 'function' &&
    reaction.name === '' &&
    Function.prototype.toString.call(reaction) === 'function () { [native code] }'
  )
}

/** Notes that the caller's loads wait for a load, until the returned function is called. Throws for a circle. */
export function waitFor(load: Load): () => void {
  return beginWaiting(load, askers())
}

function beginWaiting(load: Load, asked: readonly Load[]): () => void {
  // A load that is over waits for nothing, whoever awaits what its loader was given.
  const waiting = asked.filter((waiter) => !waiter.ended)
  refuseCircle(load, waiting)
  for (const waiter of waiting) {
    waiter.waitsFor ??= new Set()
    waiter.waitsFor.add(load)
  }
  return () => {
    for (const waiter of waiting) waiter.waitsFor?.delete(load)
  }
}

/**
 * Throws `E_RECURSION` if a load waits for one of those that would wait for it.
 * @param hasThread the load has the thread, so that whoever asks for it now is called by its loader
 */
export function refuseCircle(load: Load, waiting: readonly Load[], hasThread = false): void {
  const circle = pathTo(load, waiting, new Set()) ?? (hasThread ? stackOf(load, waiting) : undefined)
  if (circle === undefined) return
  // A load of many keys is one step of the circle by the key that it was reached by.
  const keys = circle.map(({ id }) => quoted(id))
  const [first] = keys
  throw new CacheError(
    keys.length === 1
      ? `The loader of ${first} asks for ${first} itself, and would wait for itself for ever.`
      : `Loaders wait for one another in a circle, and would for ever: ${[...keys, first].join(' -> ')}.`,
    'E_RECURSION',
  )
}

/** The loads from one that has the thread down to the one that asks for it. */
function stackOf(load: Load, waiting: readonly Load[]): Load[] {
  const path: Load[] = []
  for (let at: readonly Load[] = waiting; at.length > 0 && !path.includes(at[0]!); at = at[0]!.parents) {
    if (at.includes(load)) break
    path.unshift(at[0]!)
  }
  return [load, ...path]
}

/** The loads by which a load waits for one of some others, from it to that one. */
function pathTo(load: Load, others: readonly Load[], seen: Set<Load>): Load[] | undefined {
  if (others.includes(load)) return [load]
  if (load.ended || seen.has(load) || load.waitsFor === undefined) return undefined
  seen.add(load)
  for (const next of load.waitsFor) {
    const path = pathTo(next, others, seen)
    if (path !== undefined) return [load, ...path]
  }
}
