import type { Mode, Out } from './types.ts'

/**
 * A flow is an algorithm without a colour: it is written once, and runs synchronously when everything it meets answers at
 * once, asynchronously as soon as something answers with a promise.
 *
 * Passing an answer along needs nothing. Looking at one answer is `andThen(x, f)`. Several steps are a generator: each
 * `yield* wait(x)` takes an answer of either colour and gives its value, and `run()` drives it, finishing on the spot
 * until a step is a promise.
 *
 * Three rules keep the caller's frames in V8's async stack traces (spec/stack-traces.spec.ts): what goes on after a promise
 * is an `async function`, it `await`s, and a promise that is handed out has one waiter of ours, never a `.then` on the side.
 */

/** An answer in either colour. */
export type Answer<T> = T | Promise<T>

/** An algorithm in steps: what it yields are the promises it meets, what it returns is its result. */
export type Flow<T> = Generator<Promise<unknown>, T, unknown>

/** An answer as one of a cache of mode `M`: the one place where the type system is told that it has that colour. */
export function asOut<M extends Mode, T>(answer: Answer<T>): Out<M, T> {
  return answer as Out<M, T>
}

/** Answers that are under way together, in their order. */
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

/** Looks at one answer: `f` runs at once on a value, and later on a promise. */
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
