import type { Cache, GetOrSetOptions, Key, Loaded } from '../core/types.ts'
import { OUTCOMES } from '../entry/ttl.ts'
import { keyOf } from '../entry/validate.ts'
import type { Outcome } from './get-or-set-many.ts'

/** Loads single values by one call for all that are asked for in one tick. */
export interface BatchLoader<T> {
  /** The value of a key. Rejects if this key failed, whatever became of the others. */
  load(key: Key): Promise<T>
  /** The values of some keys, in their order; an `Error` in place of each that failed. */
  loadMany(keys: Iterable<Key>): Promise<(T | Error)[]>
  /** Removes the value of a key. */
  clear(key: Key): Promise<boolean>
}

interface Waiting<T> {
  readonly key: string
  resolve(value: T): void
  reject(error: unknown): void
}

/**
 * A loader of single values over a cache, in the manner of DataLoader: what is asked for in one tick, by whomever, is read by
 * one call of the cache, and what is missing is loaded by one call of `load`.
 * @param load gives the values of the missing keys, as for `getOrSetMany`; an `Error` among them is the failure of its key
 */
export function createLoader<T>(
  cache: Cache,
  load: (keys: string[]) => Loaded<T | Error> | Promise<Loaded<T | Error>>,
  options?: GetOrSetOptions,
): BatchLoader<T> {
  let batch: Waiting<T>[] = []

  const flush = async (): Promise<void> => {
    const waiting = batch
    batch = []
    try {
      const keys = waiting.map(({ key }) => key)
      const all = { ...options, [OUTCOMES]: true } as GetOrSetOptions
      const outcomes = await cache.getOrSetMany<Outcome>(
        keys,
        load as (keys: string[]) => Promise<Loaded<Outcome>>,
        all,
      )
      for (const [i, { resolve, reject }] of waiting.entries()) {
        const outcome = outcomes[i] ?? { value: undefined }
        if ('error' in outcome) reject(outcome.error)
        else resolve(outcome.value as T)
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }

  const one = (key: Key): Promise<T> =>
    new Promise((resolve, reject) => {
      if (batch.push({ key: keyOf(key), resolve, reject }) === 1) process.nextTick(flush)
    })

  return {
    load: one,
    async loadMany(keys) {
      const settled = await Promise.allSettled(Array.from(keys, one))
      return settled.map((each) => {
        if (each.status === 'fulfilled') return each.value
        return each.reason instanceof Error ? each.reason : new Error(String(each.reason), { cause: each.reason })
      })
    },
    clear: async (key) => await cache.remove(key),
  }
}
