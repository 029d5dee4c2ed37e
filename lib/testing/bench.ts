import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AdapterOptions, Cache } from '../core/types.ts'
import { FakeClock } from './fake-clock.ts'

/** Makes the cache under test. Pass the options to the adapter's constructor; an adapter that ignores them is tested in real time. */
export type Factory = (options: AdapterOptions) => Cache | Promise<Cache>

/** The two functions of mocha, jest, vitest and others that register tests. */
export interface Runner {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
}

/** The cache of one test, and control over its time. */
export interface Bench {
  readonly cache: Cache
  /** Lets time pass for the cache: moves its clock, or waits if the cache has another clock. */
  elapse(ms: number): Promise<void>
}

/** Registers a test with a new cache, which is closed after it. */
export type Test = (name: string, body: (bench: Bench) => Promise<void>) => void

/** Registers each test with a bench for itself. */
export function testsOn(factory: Factory, { it }: Runner): Test {
  return (name, body) =>
    it(name, async () => {
      const clock = new FakeClock()
      const cache = await factory({ clock, prefix: `${randomUUID()}:` })
      try {
        await body({ cache, elapse: (ms) => pass(cache, clock, ms) })
      } finally {
        await tidy(cache)
      }
    })
}

async function pass(cache: Cache, clock: FakeClock, ms: number): Promise<void> {
  const { now } = cache as Cache & { now?(): number }
  const isMoved = now?.call(cache) === clock.now()
  clock.advance(ms)
  if (!isMoved) await sleep(ms)
}

async function tidy(cache: Cache): Promise<void> {
  if (cache.capabilities.clears) await cache.clear()
  await cache.close()
}

/** The error that a verb throws, synchronously or as a rejection. Fails if it throws nothing, or another kind of error. */
export async function thrown(kind: abstract new (...args: never[]) => Error, verb: () => unknown): Promise<Error> {
  try {
    await verb()
  } catch (error) {
    assert.ok(error instanceof kind, `expected ${kind.name}, got ${error}`)
    return error
  }
  throw new assert.AssertionError({ message: `expected ${kind.name} to be thrown` })
}
