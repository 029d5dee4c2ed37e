import { type Factory, type Runner, testsOn } from './bench.ts'
import { changing } from './suite/changing.ts'
import { keys } from './suite/keys.ts'
import { listing } from './suite/listing.ts'
import { making } from './suite/making.ts'
import { many } from './suite/many.ts'
import { reading } from './suite/reading.ts'
import { timeouts } from './suite/timeouts.ts'
import { values } from './suite/values.ts'

const SUITE = { reading, keys, values, timeouts, changing, many, making, listing }

/**
 * Writes down the tests that every cache has to pass, whatever its backend and colour: swapping the adapter changes where
 * values live, never what a verb means. Call it where tests are written, under mocha, jest, vitest or the like.
 *
 * @param factory makes a new cache for each test. It is given a clock that is moved and a prefix of its own, and should
 *   hand both to the adapter; an adapter that takes neither is tested in real time.
 * @param runner where `describe` and `it` are. @default globalThis
 * @example describe('MyCache', () => conforms((options) => new MyCache(options)))
 */
export function conforms(factory: Factory, runner: Runner = globalThis as unknown as Runner): void {
  const test = testsOn(factory, runner)
  for (const [name, part] of Object.entries(SUITE)) runner.describe(name, () => part(test))
}
