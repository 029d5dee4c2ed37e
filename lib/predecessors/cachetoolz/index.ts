import {
  type Cache as AnyCache,
  AsyncMemoryCache,
  AsyncMongoCache,
  AsyncRedisCache,
  MemoryCache,
  type MemoryOptions,
  MongoCache,
  type MongoOptions,
  RedisCache,
  type RedisOptions,
} from '../../index.ts'
import { hashKey, typedKey } from '../../key-text/index.ts'
import { createMemo, type MemoCache } from './create-memo.ts'

/**
 * The names of cachetoolz, for programs that are ported from it line by line. `docs/predecessors.md` says what differs.
 */
export { coder, decoder, encoder } from '../../coder/index.ts'
export {
  type Clearer,
  createMemo,
  type DurationParts,
  type MemoCache,
  type Memoizer,
  type TtlOptions,
} from './create-memo.ts'

/** A cache as a function that memoizes and decorates: `new Cache(backend)`, or without `new`. */
export const Cache = function Cache(backend: AnyCache): unknown {
  return createMemo(backend)
} as unknown as {
  new <C extends AnyCache>(backend: C): MemoCache<C>
  <C extends AnyCache>(backend: C): MemoCache<C>
}

/** Results are copies, as those of a server are, so a caller that changes one does not change it for others. */
const COPIES: MemoryOptions = { isolation: 'coder' }

/** Results in memory, for synchronous functions. */
export class InMemory extends MemoryCache {
  constructor(options: MemoryOptions = {}) {
    super({ ...COPIES, ...options })
  }
}

/** Results in memory, with promises. */
export class AsyncInMemory extends AsyncMemoryCache {
  constructor(options: MemoryOptions = {}) {
    super({ ...COPIES, ...options })
  }
}

/** Results in Redis. It blocks the thread for a round trip at every call. */
export class RedisBackend extends RedisCache {
  constructor(url?: string, options: Omit<RedisOptions, 'url'> = {}) {
    super({ ...options, url })
  }
}

/** Results in Redis, with promises. */
export class AsyncRedisBackend extends AsyncRedisCache {
  constructor(url?: string, options: Omit<RedisOptions, 'url'> = {}) {
    super({ ...options, url })
  }
}

/** Results in MongoDB. It blocks the thread for a round trip at every call. */
export class MongoBackend extends MongoCache {
  constructor(host?: string, database = 'cachetoolz', options: Omit<MongoOptions, 'url' | 'database'> = {}) {
    super({ ...options, url: urlOf(host), database })
  }
}

/** Results in MongoDB, with promises. */
export class AsyncMongoBackend extends AsyncMongoCache {
  constructor(host?: string, database = 'cachetoolz', options: Omit<MongoOptions, 'url' | 'database'> = {}) {
    super({ ...options, url: urlOf(host), database })
  }
}

/** The key of a call's arguments; with `typed`, of their classes too. A `keygen` of your own may build on it. */
export function defaultKeygen(typed: boolean, _fn: (...args: never[]) => unknown, ...args: readonly unknown[]): string {
  return (typed ? typedKey : hashKey)(...args)
}

/** The ready-made cache, in memory: synchronous functions stay synchronous, asynchronous ones give promises. */
export const cache: MemoCache<InMemory> = createMemo(new InMemory())

/** A host name stands for its URL. */
function urlOf(host: string | undefined): string | undefined {
  return host === undefined || host.includes('://') ? host : `mongodb://${host}`
}
