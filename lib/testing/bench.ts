import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AdapterOptions, Cache } from '../core/types.ts'
import { FakeClock } from './fake-clock.ts'

/** Makes the cache under test. What it is given should reach the adapter's constructor; one that ignores it is tested in real time. */
export type Factory = (options: AdapterOptions) => Cache | Promise<Cache>

/** The two functions of mocha, jest, vitest and others by which tests are written down. */
export interface Runner {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
}

/** A cache on the bench: what one test of the suite works with. */
export interface Bench {
  readonly cache: Cache
  /** Lets time pass for the cache: moves its clock, or really waits where the cache has another. */
  elapse(ms: number): Promise<void>
}

/** Writes a test down: a new cache is made for it, and closed after it. */
export type Test = (name: string, body: (bench: Bench) => Promise<void>) => void

/** Tests on a bench of one's own. */
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

/** What a verb throws, at once or as a rejection. Fails when it throws nothing, or something of another kind. */
export async function thrown(kind: abstract new (...args: never[]) => Error, verb: () => unknown): Promise<Error> {
  try {
    await verb()
  } catch (error) {
    assert.ok(error instanceof kind, `expected ${kind.name}, got ${error}`)
    return error
  }
  throw new assert.AssertionError({ message: `expected ${kind.name} to be thrown` })
}
