import type { Mode, Out } from './types.ts'

/**
 * A flow is an algorithm that is written once for both modes. It runs synchronously as long as every step has its answer
 * immediately, and asynchronously from the first promise on.
 *
 * Returning an answer unchanged needs nothing. To map one answer, call `andThen(x, f)`. Several steps are a generator: each
 * `yield* wait(x)` returns the value of an answer, and `run()` drives the generator.
 *
 * Three rules keep the caller's frames in V8's async stack traces (spec/core/stack-traces.spec.ts): the code after a promise
 * is an `async function`; it uses `await`; and a promise that is returned to a caller has one waiter in this library, never
 * a second `.then`.
 */

/** An answer in either mode. */
export type Answer<T> = T | Promise<T>

/** An algorithm in steps. It yields the promises that it has to wait for, and returns its result. */
export type Flow<T> = Generator<Promise<unknown>, T, unknown>

/** Casts an answer to the type for mode `M`. This is the only such cast. */
export function asOut<M extends Mode, T>(answer: Answer<T>): Out<M, T> {
  return answer as Out<M, T>
}

/** All answers, in their order. */
export function all<T>(answers: readonly Answer<T>[]): Answer<T[]> {
  return answers.some(isPromise) ? Promise.all(answers) : (answers as T[])
}

/** Returns whether an answer is a promise (or any thenable). */
export function isPromise(x: unknown): x is Promise<unknown> {
  return typeof x === 'object' && x !== null && typeof (x as { then?: unknown }).then === 'function'
}

/** Returns the value of an answer inside a flow: immediately for a value, later for a promise. */
export function* wait<T>(answer: Answer<T>): Flow<T> {
  return isPromise(answer) ? ((yield answer) as T) : answer
}

/** Maps one answer: `f` is called immediately with a value, or later with the value of a promise. */
export function andThen<T, R>(answer: Answer<T>, f: (value: T) => Answer<R>): Answer<R> {
  return isPromise(answer) ? later(answer as Promise<T>, f) : f(answer)
}

async function later<T, R>(promise: Promise<T>, f: (value: T) => Answer<R>): Promise<R> {
  const answer = f(await promise)
  return isPromise(answer) ? ((await answer) as R) : answer
}

/** Drives a flow. Returns its result if every step answered immediately, else a promise for it. */
export function run<T>(flow: Flow<T>): Answer<T> {
  const step = flow.next()
  return step.done ? step.value : settle(flow, step.value)
}

async function settle<T>(flow: Flow<T>, promise: Promise<unknown>): Promise<T> {
  let pending = promise
  for (;;) {
    let step: IteratorResult<Promise<unknown>, T>
    try {
      step = flow.next(await pending)
    } catch (error) {
      // The flow itself may have thrown. It has ended then, and throwing into it rethrows the same error.
      step = flow.throw(error)
    }
    if (step.done) return step.value
    pending = step.value
  }
}
