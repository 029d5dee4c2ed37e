import type * as coder from '../../lib/coder/index.ts'
import type * as polycache from '../../lib/index.ts'
import type * as testing from '../../lib/testing/index.ts'
import { type AnyIn, type Equal, is } from './is.ts'

// The check itself finds what it is to find.
// biome-ignore lint/suspicious/noExplicitAny: that is what is looked for.
type Any = any
declare class Leaky {
  ok(): number
  leak(): Any
}
is<
  Equal<
    AnyIn<{ a: Any; b: () => Any; c: (x: number, y: Any) => void; d: typeof Leaky; e: unknown; f: number }>,
    'a' | 'b' | 'c' | ['d', 'leak']
  >
>()

// Nothing that users import is `any`, nor takes or gives any.
is<Equal<AnyIn<typeof polycache>, never>>()
is<Equal<AnyIn<typeof testing>, never>>()
is<Equal<AnyIn<typeof coder>, never>>()

is<Equal<AnyIn<polycache.Cache<'sync'>>, never>>()
is<Equal<AnyIn<polycache.Cache<'async'>>, never>>()
is<Equal<AnyIn<polycache.Store<'sync'>>, never>>()
is<Equal<AnyIn<polycache.Adapters>, never>>()
is<Equal<AnyIn<polycache.AdapterOptions>, never>>()
is<Equal<AnyIn<polycache.MemoryOptions>, never>>()
is<Equal<AnyIn<polycache.RedisOptions>, never>>()
is<Equal<AnyIn<polycache.MemcachedOptions>, never>>()
is<Equal<AnyIn<polycache.SqliteOptions>, never>>()
is<Equal<AnyIn<polycache.EventMap>, never>>()
is<Equal<AnyIn<polycache.Stats>, never>>()
is<Equal<AnyIn<polycache.Configuration>, never>>()
is<Equal<AnyIn<polycache.CacheWrapper>, never>>()
is<Equal<AnyIn<polycache.AsyncCacheWrapper>, never>>()
