import { AsyncMemoryCache, asyncCached, type Cache, MemoryCache, type Mode } from '../../lib/index.ts'
import type * as memo from '../../lib/memo/index.ts'
import {
  cache,
  cacheable,
  cacheClear,
  cacheFunctions,
  cacheMethods,
  cachePut,
  clearNamespaces,
  createMemo,
  type Memoized,
  type MemoOptions,
  type MemoVerbs,
  memoize,
  memoOf,
} from '../../lib/memo/index.ts'
import { type AnyIn, type Equal, is } from './is.ts'

const sync = new MemoryCache()
const async = new AsyncMemoryCache()

function add(a: number, b?: string): number {
  return a + (b?.length ?? 0)
}
async function find(id: string): Promise<Date> {
  return new Date(id)
}

// The function decides, and the cache.
const syncAdd = memoize(add, { cache: sync })
is<Equal<ReturnType<typeof syncAdd>, number>>()
is<Equal<Parameters<typeof syncAdd>, [a: number, b?: string | undefined]>>()
const asyncAdd = memoize(add, { cache: async })
is<Equal<ReturnType<typeof asyncAdd>, Promise<number>>>()
is<Equal<Parameters<typeof asyncAdd>, [a: number, b?: string | undefined]>>()
is<Equal<ReturnType<ReturnType<typeof memoizeFind>>, Promise<Date>>>()
function memoizeFind() {
  return memoize(find, { cache: sync })
}
const defaultAdd = memoize(add)
is<Equal<ReturnType<typeof defaultAdd>, number>>()
const defaultFind = memoize(find, { timeout: '5m' })
is<Equal<ReturnType<typeof defaultFind>, Promise<Date>>>()
const faceAdd = memoize(add, { cache: asyncCached })
is<Equal<ReturnType<typeof faceAdd>, Promise<number>>>()
const laterAdd = memoize(add, { cache: sync, key: async (a) => a })
is<Equal<ReturnType<typeof laterAdd>, Promise<number>>>()
const keyedAdd = memoize(add, { cache: sync, key: (a, b) => `${a}${b}` })
is<Equal<ReturnType<typeof keyedAdd>, number>>()

// So do what it has beside.
is<Equal<ReturnType<typeof syncAdd.cacheIn>, boolean>>()
is<Equal<ReturnType<typeof syncAdd.cacheKey>, string>>()
is<Equal<ReturnType<typeof asyncAdd.cacheIn>, Promise<boolean>>>()
is<Equal<ReturnType<typeof asyncAdd.cacheKey>, Promise<string>>>()
is<Equal<ReturnType<typeof asyncAdd.refresh>, Promise<number>>>()
is<Equal<ReturnType<typeof defaultFind.cacheDel>, Promise<boolean>>>()
is<Equal<typeof asyncAdd.uncached, typeof add>>()
is<Equal<Parameters<typeof defaultFind.cacheSet>, [value: Date, id: string]>>()

// Arguments and results are checked.
// @ts-expect-error The argument is a number.
syncAdd('1')
// @ts-expect-error The result is a Date.
void defaultFind.cacheSet('now', 'id')
// @ts-expect-error There is no such option.
memoize(add, { tiemout: 5 })
// @ts-expect-error A unit is needed.
memoize(add, { timeout: '5' })
// @ts-expect-error A key is text, or as good as text.
memoize(add, { key: (a) => [a] })
memoize(find, { timeout: (date, id) => date.getTime() + id.length })
memoize(add, { shouldCache: (sum, a) => sum.toFixed() > a.toFixed() })
// @ts-expect-error The result is a number.
memoize(add, { shouldCache: (sum) => sum.length > 0 })
memoize(add, { keygen: (typed, fn, a) => `${typed === true} ${fn(a)}` })
memoize(find, { tags: ['a'], staleFor: '1h', namespace: 'ns', cacheErrors: true })

// Generics, overloads, `this` and properties are kept where the colour is.
const identity = memoize(<T>(value: T): T => value, { cache: sync, name: 'identity' })
is<Equal<typeof kept, 'a'>>()
const kept = identity('a' as const)
const versioned = memoize(Object.assign(add, { version: 1 }), { cache: async })
is<Equal<typeof versioned.version, number>>()
function step(this: { by: number }, n: number): number {
  return this.by * n
}
const stepping = { by: 2, step: memoize(step, { cache: async }) }
is<Equal<ReturnType<typeof stepping.step>, Promise<number>>>()
void stepping.step(1)

// A cache of a colour that is not known gives either.
declare const either: Cache
const eitherAdd = memoize(add, { cache: either })
is<Equal<ReturnType<typeof eitherAdd.cacheIn>, boolean | Promise<boolean>>>()

// createMemo
const syncMemo = createMemo(sync)
const asyncMemo = createMemo(async)
is<Equal<ReturnType<ReturnType<typeof syncMemoAdd>>, number>>()
function syncMemoAdd() {
  return syncMemo(add)
}
const asyncMemoAdd = asyncMemo({ ttl: '5m', namespace: 'ns' })(add)
is<Equal<ReturnType<typeof asyncMemoAdd>, Promise<number>>>()
const cleared = asyncMemo.clear({ namespaces: ['a'], when: 'both' })(add)
is<Equal<ReturnType<typeof cleared>, Promise<number>>>()
const clearedAtOnce = syncMemo.clear(add)
is<Equal<typeof clearedAtOnce, typeof add>>()
is<Equal<ReturnType<typeof syncMemo.clearNamespaces>, void>>()
is<Equal<ReturnType<typeof asyncMemo.clearNamespaces>, Promise<void>>>()
is<Equal<ReturnType<typeof cache.clearNamespaces>, Promise<void>>>()
const cachedFind = cache(find)
is<Equal<ReturnType<typeof cachedFind.cacheIn>, Promise<boolean>>>()
const cachedAdd = cache({ ttl: 5 })(add)
is<Equal<ReturnType<typeof cachedAdd>, number>>()
// @ts-expect-error There is no such time.
asyncMemo.clear({ when: 'now' })
is<Equal<ReturnType<typeof clearsSync>, void>>()
function clearsSync() {
  return clearNamespaces(sync, 'a', ['b'])
}
clearNamespaces('a', ['b']) satisfies Promise<void>
clearNamespaces(async, 'a') satisfies Promise<void>

// cacheMethods and cacheFunctions
class Service {
  readonly url = ''
  add(n: number): number {
    return n
  }
  async find(id: string): Promise<Date> {
    return new Date(id)
  }
}
const service = cacheMethods(async, new Service(), { add: 's.add' })
is<Equal<ReturnType<typeof service.add>, Promise<number>>>()
is<Equal<ReturnType<typeof service.add.cacheIn>, Promise<boolean>>>()
is<Equal<typeof service.find, Service['find']>>()
// @ts-expect-error There is no such method.
cacheMethods(sync, new Service(), { nope: 'n' })
// @ts-expect-error That is no method.
cacheMethods(sync, new Service(), { url: 'u' })
const record = cacheFunctions(sync, { add }, { add: 'add' })
is<Equal<typeof record.add, Memoized<typeof add, 'sync'>>>()

// Decorators: what is kept in an asynchronous cache gives promises.
class Users {
  @cacheable
  plain(n: number): number {
    return n
  }
  @cacheable({ timeout: '5m', per: 'class', key: (id: number) => id })
  async load(id: number): Promise<number> {
    return id
  }
  @cacheable({ cache: async, shouldCache: (user: string | undefined) => user !== undefined })
  async name(_id: number): Promise<string | undefined> {
    return undefined
  }
  // @ts-expect-error Its results would be promises.
  @cacheable({ cache: async })
  wrong(n: number): number {
    return n
  }
  @cacheable({ per: (users: Users) => users.id })
  get all(): string[] {
    return []
  }
  @cacheable()
  static count(): number {
    return 1
  }
  @cachePut({ name: 'user' })
  async save(id: number): Promise<number> {
    return id
  }
  @cacheClear('users')
  clear(): void {}
  @cacheClear({ cache: async, namespaces: ['users'] })
  async clearAll(): Promise<void> {}
  // @ts-expect-error Its result would be a promise.
  @cacheClear({ cache: async })
  clearWrong(): number {
    return 1
  }
  @syncMemo
  memo(n: number): number {
    return n
  }
  @asyncMemo({ ttl: 5 })
  async memoLater(n: number): Promise<number> {
    return n
  }
  @asyncMemo.clear({ namespaces: ['a'] })
  async clearLater(): Promise<void> {}
  // @ts-expect-error It gives no promise.
  @asyncMemo
  memoWrong(n: number): number {
    return n
  }
  readonly id = 1
}
const load = memoOf(new Users(), 'load')
is<Equal<Parameters<typeof load.cacheDel>, [id: number]>>()
memoOf(Users, 'count')

// Nothing of it is `any`.
is<Equal<AnyIn<typeof memo>, never>>()
is<Equal<AnyIn<MemoOptions>, never>>()
is<Equal<AnyIn<MemoVerbs<typeof add, Mode>>, never>>()
is<Equal<AnyIn<typeof asyncAdd>, never>>()
is<Equal<AnyIn<typeof asyncMemo>, never>>()
