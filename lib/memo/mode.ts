import { type Answer, type Flow, isPromise, run } from '../core/flow.ts'

/** Drives a flow, and answers in a colour: where that is the asynchronous one, a value becomes a promise and a throw a rejection. */
export function inColour<T>(isAsync: () => boolean, flow: Flow<T>): Answer<T> {
  try {
    const answer = run(flow)
    return !isPromise(answer) && isAsync() ? Promise.resolve(answer) : answer
  } catch (error) {
    if (isAsync()) return Promise.reject(error)
    throw error
  }
}
