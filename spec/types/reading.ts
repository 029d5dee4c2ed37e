import {
  asyncCached,
  type Cache,
  cached,
  type get,
  type has,
  type Keys,
  type Mode,
  type Stats,
} from '../../lib/index.ts'
import { type Equal, is } from './is.ts'

interface User {
  name: string
}

// A miss is `undefined`, and the type says so.
const maybe = cached.get<User>('u')
is<Equal<typeof maybe, User | undefined>>()
const unnamed = cached.get('u')
is<Equal<typeof unnamed, unknown>>()
const either = cached.get<User, null>('u', null)
is<Equal<typeof either, User | null>>()
const fallback = cached.get<User>('u', { name: 'nobody' })
is<Equal<typeof fallback, User>>()
const certain = cached.get<User>('u', undefined, { fail: true })
is<Equal<typeof certain, User>>()
const required = cached.getOrFail<User>('u')
is<Equal<typeof required, User>>()

// `asyncCached` answers with promises, whatever is behind it.
const later = asyncCached.get<User>('u')
is<Equal<typeof later, Promise<User | undefined>>>()
const laterEither = asyncCached.get<User, null>('u', null)
is<Equal<typeof laterEither, Promise<User | null>>>()
const laterCertain = asyncCached.get<User>('u', undefined, { fail: true })
is<Equal<typeof laterCertain, Promise<User>>>()

// A cache whose colour is not known answers with either.
declare const some: Cache
const whichever = some.get<User>('u')
is<Equal<typeof whichever, User | undefined | Promise<User | undefined>>>()

async function colour<M extends Mode>(cache: Cache<M>): Promise<User | undefined> {
  return await cache.get<User>('u')
}
is<Equal<ReturnType<typeof colour>, Promise<User | undefined>>>()

// The other questions.
is<Equal<ReturnType<typeof cached.has>, boolean>>()
is<Equal<ReturnType<typeof asyncCached.has>, Promise<boolean>>>()
is<Equal<ReturnType<typeof cached.ttl>, number | null | undefined>>()
is<Equal<ReturnType<typeof cached.keys>, Iterable<string>>>()
is<Equal<ReturnType<typeof asyncCached.keys>, AsyncIterable<string>>>()
is<Equal<Keys<'sync'>, Iterable<string>>>()
is<Equal<ReturnType<typeof cached.stats>, Stats>>()
is<Equal<ReturnType<typeof asyncCached.stats>, Stats>>()
const pulled = cached.pull<User>('u')
is<Equal<typeof pulled, User | undefined>>()
const several = cached.getMany<User>(['u', 'v'])
is<Equal<typeof several, (User | undefined)[]>>()
const severalLater = asyncCached.getMany<User>(['u', 'v'])
is<Equal<typeof severalLater, Promise<(User | undefined)[]>>>()

// The functions are those of `cached`.
is<Equal<typeof get, Cache<'sync'>['get']>>()
is<Equal<typeof has, Cache<'sync'>['has']>>()

// Keys are text, or what becomes text.
cached.get(1)
cached.get(1n)
cached.get(true)
// @ts-expect-error An object is no key.
cached.get({ id: 1 })
// @ts-expect-error Nor is nothing.
cached.get(undefined)
// @ts-expect-error Nor is null.
cached.get(null)
// @ts-expect-error Nor is a symbol.
cached.get(Symbol('u'))

// As a dictionary it gives what it has, which nobody knows the type of.
is<Equal<(typeof cached)['some key'], unknown>>()
is<Equal<(typeof cached.items)['some key'], unknown>>()
// @ts-expect-error A verb that is misspelt is such a key, and cannot be called.
cached.gett('u')
for (const [key, value] of cached.items) is<Equal<[typeof key, typeof value], [string, unknown]>>()
// @ts-expect-error An asynchronous dictionary is iterated with `for await`.
for (const _ of asyncCached.items) break
for await (const [key, value] of asyncCached.items) is<Equal<[typeof key, typeof value], [string, unknown]>>()

// Scopes end with `using`, in the colour of the cache.
is<Equal<ReturnType<(typeof cached)['enter']> extends Disposable ? true : false, true>>()
is<Equal<ReturnType<(typeof asyncCached)['enter']> extends AsyncDisposable ? true : false, true>>()
