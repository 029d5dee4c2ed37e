import { Redis } from 'ioredis'
import { adapterSet, cached } from '../../lib/index.ts'
import { check, keysOf, picksOf, small } from '../data.ts'
import type { Contestant, Loops, Part } from '../part.ts'

/** The synchronous get from Redis, through the bridge: the median of single round trips, not of rounds. */

const BRIDGE = 'cached.get'
const RAW = 'ioredis + JSON, awaited'
const LOOP = 'get, p50 (ns)'

/** So many round trips until V8 is warm, and the bridge knows whether spinning pays. */
const WARM_UP = 5000

const keys = keysOf(1000)
const pick = picksOf(keys)

function medianOf(times: Float64Array): number {
  return times.sort()[times.length >> 1]! * 1e6
}

function bridge(): Loops {
  // The worker may take long to start where there is no core for it.
  adapterSet('redis', { url: process.env.BENCH_REDIS, operationTimeout: '30s' })
  keys.forEach((key, i) => {
    cached.set(key, small(i))
  })
  for (let i = 0; i < WARM_UP; i++) cached.get(pick(i))
  return {
    [LOOP]: (times) => {
      const took = new Float64Array(times)
      for (let i = 0; i < times; i++) {
        const start = performance.now()
        const value = cached.get(pick(i))
        took[i] = performance.now() - start
        check(value ? 1 : 0, 1)
      }
      return medianOf(took)
    },
  }
}

async function raw(): Promise<Loops> {
  const redis = new Redis(process.env.BENCH_REDIS!, { keyPrefix: 'raw:' })
  for (const [i, key] of keys.entries()) await redis.set(key, JSON.stringify(small(i)))
  for (let i = 0; i < WARM_UP; i++) await redis.get(pick(i))
  return {
    [LOOP]: async (times) => {
      const took = new Float64Array(times)
      for (let i = 0; i < times; i++) {
        const start = performance.now()
        const value = JSON.parse((await redis.get(pick(i)))!)
        took[i] = performance.now() - start
        check(value ? 1 : 0, 1)
      }
      return medianOf(took)
    },
  }
}

const contestants: Record<string, Contestant> = { [BRIDGE]: bridge, [RAW]: raw }

/** The bridge, on a part of the machine. */
export function bridgePart(where: string, atMost: number, under?: readonly string[]): Part {
  return {
    title: `The bridge, ${where}`,
    contestants,
    under,
    figures: (of) => [
      {
        what: `synchronous Redis get, p50, ${where}: to ioredis + JSON`,
        value: of(BRIDGE, LOOP) / of(RAW, LOOP),
        atMost,
      },
    ],
  }
}

export const part = bridgePart('a core free', 0.5)
