import type { Loop } from './part.ts'

/** A value whose JSON is 100 bytes long, another one for every number below a million. */
export interface Small {
  readonly id: number
  readonly name: string
  readonly ok: boolean
}

export function small(i: number): Small {
  const id = 1_000_000 + (i % 1_000_000)
  return { id, name: `name of ${id} ${'-'.repeat(52)}`, ok: true }
}

/** So many keys. */
export function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `key:${i}`)
}

/** How many picks there are: a power of two, so that going round needs no division. */
const PICKS = 1 << 16

/** One of some keys at random, the same ones in every process; made beforehand, so that a loop measures none of it. */
export function picksOf(keys: readonly string[]): (i: number) => string {
  let seed = 1
  const picks = Array.from({ length: PICKS }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return keys[seed % keys.length]!
  })
  return (i) => picks[i & (PICKS - 1)]!
}

/** So many at a time, each as soon as one before it is done. */
export function concurrently(width: number, operation: (i: number) => Promise<unknown>): Loop {
  return async (times) => {
    let left = times
    const work = async (): Promise<void> => {
      while (left > 0) await operation(left--)
    }
    await Promise.all(Array.from({ length: width }, work))
  }
}

/** Makes sure that something was found, so that nobody measures misses, and no work is in vain. */
export function check(found: number, times: number): void {
  if (found !== times) throw new Error(`${times - found} of ${times} were not found.`)
}

type Pick = (i: number) => string

/** Asks for one after the other, and makes sure that each is there. */
export function asking(pick: Pick, ask: (key: string) => unknown): Loop {
  return (times) => {
    let found = 0
    for (let i = 0; i < times; i++) if (ask(pick(i)) !== undefined) found++
    check(found, times)
  }
}

/** The same, where answers are awaited. */
export function awaiting(pick: Pick, ask: (key: string) => Promise<unknown>): Loop {
  return async (times) => {
    let found = 0
    for (let i = 0; i < times; i++) if ((await ask(pick(i))) !== undefined) found++
    check(found, times)
  }
}

/** A package of `bench/package.json`, by the shape that is used of it: its types are not there before it is installed. */
export async function peer<T>(name: string): Promise<T> {
  return (await import(name)) as T
}
