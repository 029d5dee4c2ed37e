import { type Factory, type Runner, testsOn } from './bench.ts'
import { changing } from './suite/changing.ts'
import { keys } from './suite/keys.ts'
import { listing } from './suite/listing.ts'
import { making } from './suite/making.ts'
import { many } from './suite/many.ts'
import { reading } from './suite/reading.ts'
import { timeouts } from './suite/timeouts.ts'
import { values } from './suite/values.ts'

/** Settings of the conformance suite, with the test runner's functions where they are not global. */
export interface ConformsOptions extends Partial<Runner> {
  /**
   * Test that values of every type come back as they were. Leave it on for an adapter, and for a wrapper that stores
   * values in another form; a wrapper that passes values along gains nothing by it.
   * @default true
   */
  values?: boolean | undefined
}

const SUITE = { reading, keys, values, timeouts, changing, many, making, listing }

/**
 * Registers the tests that every cache has to pass, whatever its backend and mode: swapping the adapter changes where
 * values live, never what a verb means. Works under mocha, jest, vitest, `node --test` and any runner that has `describe`
 * and `it`.
 *
 * @param factory makes a new cache for each test. It is given a clock that is moved and a prefix of its own, and should
 *   pass both to the adapter; an adapter that takes neither is tested in real time.
 * @param options `describe` and `it` default to the global ones
 * @example describe('MyCache', () => conforms((options) => new MyCache(options)))
 * @example
 * import { describe, it } from 'node:test'
 * describe('MyCache', () => conforms((options) => new MyCache(options), { describe, it }))
 */
export function conforms(factory: Factory, options: ConformsOptions = {}): void {
  const { describe, it } = { ...runnerIn(globalThis), ...runnerIn(options) }
  if (describe === undefined || it === undefined)
    throw new TypeError(
      'conforms() found no global describe and it. Pass those of your test runner: conforms(factory, { describe, it }).',
    )
  const test = testsOn(factory, { describe, it })
  for (const [name, part] of Object.entries(SUITE)) {
    if (part === values && options.values === false) continue
    describe(name, () => part(test))
  }
}

function runnerIn(place: unknown): Partial<Runner> {
  const { describe, it } = place as Partial<Runner>
  return { ...(describe && { describe }), ...(it && { it }) }
}
