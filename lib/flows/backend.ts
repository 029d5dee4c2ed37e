import { AdapterError, CacheError, Unsupported } from '../errors.ts'
import { type Answer, isPromise } from '../flow.ts'
import type { Core } from './core.ts'

/**
 * Asks the store something on behalf of a user's verb: the one place where a failure of the backend is recognised, counted
 * and given its facts. What is about the value or the set-up (`CoderError`, `ConfigError`, `Unsupported`) passes untouched.
 */
export function ask<T>(cache: Core, verb: string, key: string | undefined, question: () => Answer<T>): Answer<T> {
  try {
    const answer = question()
    return isPromise(answer) ? answered(cache, verb, key, answer) : answer
  } catch (error) {
    throw failure(cache, verb, key, error)
  }
}

async function answered<T>(cache: Core, verb: string, key: string | undefined, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw failure(cache, verb, key, error)
  }
}

function failure(cache: Core, verb: string, key: string | undefined, cause: unknown): unknown {
  if (cause instanceof CacheError && !isFailure(cause)) return cause

  const error = cause instanceof AdapterError ? cause : wrapped(cache, verb, cause)
  cache.events.emit('backendError', key, { error: error.during(cache.name, verb, key), verb })
  return error
}

function wrapped(cache: Core, verb: string, cause: unknown): AdapterError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AdapterError(`${cache.name} failed at ${verb}: ${reason}`, { cause })
}

/**
 * Answers a verb in the cache's colour: in an asynchronous cache a plain value becomes a promise and a throw a rejection.
 * A cache with `onBackendError: 'miss'` answers what it would if nothing were stored (`missed`) when the backend fails.
 */
export function perform<T>(cache: Core, work: (core: Core) => Answer<T>, missed?: () => T): Answer<T> {
  try {
    const answer = work(cache)
    if (isPromise(answer)) return degrades(cache, missed) ? degrade(answer, missed) : answer
    return cache.mode === 'sync' ? answer : Promise.resolve(answer)
  } catch (error) {
    if (cache.mode === 'async')
      return degrades(cache, missed) ? degrade(Promise.reject(error), missed) : Promise.reject(error)
    if (degrades(cache, missed) && isFailure(error)) return missed()
    throw error
  }
}

function degrades<T>(cache: Core, missed: (() => T) | undefined): missed is () => T {
  return missed !== undefined && cache.onBackendError === 'miss'
}

async function degrade<T>(answer: Promise<T>, missed: () => T): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (isFailure(error)) return missed()
    throw error
  }
}

/** Whether an error says that the backend failed, rather than that it was asked for something wrong. */
function isFailure(error: unknown): error is AdapterError {
  return error instanceof AdapterError && !(error instanceof Unsupported)
}
