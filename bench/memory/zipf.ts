import { keysOf, small } from '../data.ts'
import type { Contestant, Loop, Part } from '../part.ts'
import {
  ASYNCHRONOUS,
  type Kept,
  LIBRARIES,
  type Library,
  LRU_CACHE,
  LRU_CACHE_EXACT,
  OURS,
  OURS_COARSE,
} from './libraries.ts'

/** The mix of an application: nine reads and a write, over 100 000 keys of which few are hot. */

const KEYS = 100_000
const SKEW = 0.99

/** How many picks there are: a power of two, so that going round needs no division. */
const PICKS = 2 ** 18

/** How much of it a cache has room for, by the name of the case. */
const ROOMS = { 'zipf mix, room for a tenth': KEYS / 10, 'zipf mix, room for all': KEYS }

function contestant(name: string, library: Library): Contestant {
  return async () => {
    const keys = keysOf(KEYS)
    const picks = zipfPicks()
    const loops = Object.entries(ROOMS).map(async ([loop, room]): Promise<[string, Loop]> => {
      const cache = await library(room)
      for (let i = 0; i < KEYS; i++) await cache.set(keys[i]!, small(i))
      return [loop, ASYNCHRONOUS.includes(name) ? awaited(cache, keys, picks) : atOnce(cache, keys, picks)]
    })
    return Object.fromEntries(await Promise.all(loops))
  }
}

function atOnce(cache: Kept, keys: readonly string[], picks: Int32Array): Loop {
  return (times) => {
    for (let i = 0; i < times; i++) {
      const pick = picks[i & (PICKS - 1)]!
      if (i % 10 === 0) cache.set(keys[pick]!, i)
      else cache.get(keys[pick]!)
    }
  }
}

function awaited(cache: Kept, keys: readonly string[], picks: Int32Array): Loop {
  return async (times) => {
    for (let i = 0; i < times; i++) {
      const pick = picks[i & (PICKS - 1)]!
      if (i % 10 === 0) await cache.set(keys[pick]!, i)
      else await cache.get(keys[pick]!)
    }
  }
}

/** Numbers below `KEYS` by Zipf's law, the same ones in every process, in which the frequent ones stand anywhere. */
function zipfPicks(): Int32Array {
  const sums = new Float64Array(KEYS)
  for (let i = 0, sum = 0; i < KEYS; i++) sums[i] = sum += 1 / (i + 1) ** SKEW
  let seed = 1
  return Int32Array.from({ length: PICKS }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    const rank = firstAbove(sums, (seed / 2 ** 32) * sums[KEYS - 1]!)
    return (rank * 7919) % KEYS
  })
}

function firstAbove(sums: Float64Array, sum: number): number {
  let low = 0
  let high = sums.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sums[middle]! > sum) high = middle
    else low = middle + 1
  }
  return low
}

/** Against whom a clock is put: those that read it for every use, and those that do not, or do not look at it at all. */
const RIVALS = Object.keys(LIBRARIES).filter((name) => name !== OURS && name !== OURS_COARSE)

export const part: Part = {
  title: 'Zipf mix: 90 % reads, 10 % writes, 100 000 keys',
  clock: 'processor',
  contestants: Object.fromEntries(
    Object.entries(LIBRARIES).map(([name, library]): [string, Contestant] => [name, contestant(name, library)]),
  ),
  figures: (of) =>
    Object.keys(ROOMS).flatMap((loop) => [
      ...RIVALS.filter((rival) => rival !== LRU_CACHE).map((rival) => ({
        what: `${OURS}, ${loop}: faster than ${rival}`,
        value: of(rival, loop) / of(OURS, loop),
        atLeast: 1,
      })),
      ...RIVALS.filter((rival) => rival !== LRU_CACHE_EXACT).map((rival) => ({
        what: `${OURS_COARSE}, ${loop}: faster than ${rival}`,
        value: of(rival, loop) / of(OURS_COARSE, loop),
        atLeast: 1,
      })),
      { what: `${OURS}, ${loop}: faster than ${LRU_CACHE}`, value: of(LRU_CACHE, loop) / of(OURS, loop) },
    ]),
}
