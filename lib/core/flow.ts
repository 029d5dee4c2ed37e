import type { Mode, Out } from './types.ts'

/**
 * A flow is an algorithm for both modes: it is written once, runs synchronously as long as every step has its answer at
 * once, and asynchronously from the first promise on.
 *
 * Passing an answer along needs nothing. To map one answer, call `andThen(x, f)`. Several steps are a generator: each
 * `yield* wait(x)` gives the value of an answer, and `run()` drives the generator.
 *
 * Three rules keep the caller's frames in V8's async stack traces (spec/core/stack-traces.spec.ts): the code after a promise
 * is an `async function`, it `await`s, and a promise that is handed out has one waiter of ours, never a `.then` on the side.
 */

/** An answer in either mode. */
export type Answer<T> = T | Promise<T>

/** An algorithm in steps. It yields the promises that it meets, and returns its result. */
export type Flow<T> = Generator<Promise<unknown>, T, unknown>

/** An answer as that of a cache of mode `M`. This is the one place where the type system has to believe it. */
export function asOut<M extends Mode, T>(answer: Answer<T>): Out<M, T> {
  return answer as Out<M, T>
}

/** All answers, in their order. */
export function all<T>(answers: readonly Answer<T>[]): Answer<T[]> {
  return answers.some(isPromise) ? Promise.all(answers) : (answers as T[])
}

/** Whether an answer is a promise (or any thenable) rather than a value. */
export function isPromise(x: unknown): x is Promise<unknown> {
  return typeof x === 'object' && x !== null && typeof (x as { then?: unknown }).then === 'function'
}

/** The value of an answer, inside a flow: at once when it is a value, later when it is a promise. */
export function* wait<T>(answer: Answer<T>): Flow<T> {
  return isPromise(answer) ? ((yield answer) as T) : answer
}

/** Maps one answer: `f` runs at once on a value, and later on the value of a promise. */
export function andThen<T, R>(answer: Answer<T>, f: (value: T) => Answer<R>): Answer<R> {
  return isPromise(answer) ? later(answer as Promise<T>, f) : f(answer)
}

async function later<T, R>(promise: Promise<T>, f: (value: T) => Answer<R>): Promise<R> {
  const answer = f(await promise)
  return isPromise(answer) ? ((await answer) as R) : answer
}

/** Drives a flow: its result when every step answered at once, a promise of it from the first promise on. */
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
      // The flow itself may have thrown: then it is over, and throwing into it gives the same error back.
      step = flow.throw(error)
    }
    if (step.done) return step.value
    pending = step.value
  }
}
