import type { CacheAdapter } from '../../lib/adapter/cache-adapter.ts'
import type { FakeClock } from '../../lib/testing/index.ts'

/** Something done to a cache. */
export interface Step {
  readonly verb: Verb
  readonly key: string
  readonly value: number
  /** Seconds. */
  readonly timeout: number | null
}

export const VERBS = [
  'set',
  'setMany',
  'add',
  'get',
  'getMany',
  'getOrSet',
  'has',
  'ttl',
  'remove',
  'pull',
  'increment',
  'updateTimeout',
  'keys',
  'clear',
  'elapse',
] as const

export type Verb = (typeof VERBS)[number]

/** Whether a step needs a backend that can list. */
export function isListing({ verb }: Step): boolean {
  return verb === 'keys' || verb === 'clear'
}

/** Does a step to a cache, and answers what it does. */
export async function act(
  cache: CacheAdapter,
  { verb, key, value, timeout }: Step,
  clock: FakeClock,
): Promise<unknown> {
  switch (verb) {
    case 'set':
    case 'add':
      return await cache[verb](key, value, timeout)
    case 'setMany':
      return await cache.setMany({ [key]: value, b: value }, timeout)
    case 'getMany':
      return await cache.getMany([key, 'b', 'a'])
    case 'getOrSet':
      return await cache.getOrSet(key, () => value, timeout)
    case 'increment':
      return await cache.increment(key, value, timeout ?? undefined)
    case 'updateTimeout': {
      const update = async () => await cache.updateTimeout(key, timeout)
      return await update().catch((error: Error) => error.name)
    }
    case 'keys': {
      const keys: string[] = []
      for await (const found of cache.keys(key)) keys.push(found)
      return keys.sort()
    }
    case 'elapse':
      return clock.advance(value * 1000)
    case 'get':
      return await cache.get(key)
    case 'has':
      return await cache.has(key)
    case 'ttl':
      return await cache.ttl(key)
    case 'remove':
      return await cache.remove(key)
    case 'pull':
      return await cache.pull(key)
    case 'clear':
      return await cache.clear(key)
  }
}

/** What a cache does, as simply as it can be written down. */
export class Model {
  readonly #clock: FakeClock
  readonly #kept = new Map<string, { value: number; expires: number | null }>()

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  act({ verb, key, value, timeout }: Step): unknown {
    const there = this.#find(key)
    const life = timeout === null ? null : this.#clock.now() + timeout * 1000
    switch (verb) {
      case 'set':
        return void this.#kept.set(key, { value, expires: life })
      case 'setMany':
        this.#kept.set(key, { value, expires: life })
        return void this.#kept.set('b', { value, expires: life })
      case 'add':
        if (there === undefined) this.#kept.set(key, { value, expires: life })
        return there === undefined
      case 'getOrSet':
        if (there === undefined) this.#kept.set(key, { value, expires: life })
        return there?.value ?? value
      case 'increment': {
        const sum = (there?.value ?? 0) + value
        const usual = this.#clock.now() + (timeout ?? 300) * 1000
        this.#kept.set(key, { value: sum, expires: there === undefined ? usual : there.expires })
        return sum
      }
      case 'updateTimeout':
        if (there === undefined) return 'CacheNotFound'
        this.#kept.set(key, { value: there.value, expires: life })
        return there.value
      case 'get':
        return there?.value
      case 'getMany':
        return [key, 'b', 'a'].map((one) => this.#find(one)?.value)
      case 'has':
        return there !== undefined
      case 'ttl':
        if (there === undefined) return undefined
        return there.expires === null ? null : (there.expires - this.#clock.now()) / 1000
      case 'remove':
        this.#kept.delete(key)
        return there !== undefined
      case 'pull':
        this.#kept.delete(key)
        return there?.value
      case 'keys':
        return [...this.#kept.keys()].filter((one) => one.startsWith(key) && this.#find(one)).sort()
      case 'clear':
        for (const one of [...this.#kept.keys()]) if (one.startsWith(key)) this.#kept.delete(one)
        return undefined
      case 'elapse':
        return this.#clock.advance(0)
    }
  }

  #find(key: string): { value: number; expires: number | null } | undefined {
    const kept = this.#kept.get(key)
    return kept === undefined || (kept.expires !== null && kept.expires <= this.#clock.now()) ? undefined : kept
  }
}
