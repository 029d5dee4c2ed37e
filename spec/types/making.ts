import { asyncCached, cached, getOrSet, getOrSetAsync } from '../../lib/index.ts'
import { type Equal, is } from './is.ts'

interface User {
  id: string
}
declare function load(id: string): User
declare function fetchUser(id: string): Promise<User>
declare function either(id: string): User | Promise<User>

// A synchronous cache: what the maker gives. A hit answers at once, so one that makes a promise may give either.
const made = cached.getOrSet('u', load)
is<Equal<typeof made, User>>()
const eventual = cached.getOrSet('u', fetchUser)
is<Equal<typeof eventual, User | Promise<User>>>()
const mixed = cached.getOrSet('u', either)
is<Equal<typeof mixed, User | Promise<User>>>()
const given = cached.getOrSet('u', { id: '1' })
is<Equal<typeof given, User>>()
const promised = cached.getOrSet('u', fetchUser('1'))
is<Equal<typeof promised, User | Promise<User>>>()
const awaited: User = await cached.getOrSet('u', fetchUser)
const asFunction = getOrSet('u', load)
is<Equal<typeof asFunction, User>>()

// An asynchronous one: a promise, of what it comes to.
const later = asyncCached.getOrSet('u', load)
is<Equal<typeof later, Promise<User>>>()
const laterEventual = asyncCached.getOrSet('u', fetchUser)
is<Equal<typeof laterEventual, Promise<User>>>()
const laterMixed = await asyncCached.getOrSet('u', either)
is<Equal<typeof laterMixed, User>>()
const laterGiven = asyncCached.getOrSet('u', { id: '1' })
is<Equal<typeof laterGiven, Promise<User>>>()

// `getOrSetAsync` gives a promise on both.
const always = cached.getOrSetAsync('u', load)
is<Equal<typeof always, Promise<User>>>()
const alwaysEventual = cached.getOrSetAsync('u', fetchUser)
is<Equal<typeof alwaysEventual, Promise<User>>>()
const alwaysGiven = getOrSetAsync('u', { id: '1' })
is<Equal<typeof alwaysGiven, Promise<User>>>()

// The maker is called with the key, as text.
cached.getOrSet(1, (key) => {
  is<Equal<typeof key, string>>()
  return key.length
})
asyncCached.getOrSet(1, async (key) => {
  is<Equal<typeof key, string>>()
  return key.length
})
// @ts-expect-error It is never given anything else.
cached.getOrSet(1, (key: number) => key)

// The type may be named, and then what is made must be of it.
const named = cached.getOrSet<User>('u', () => ({ id: '1' }))
is<Equal<typeof named, User>>()
// @ts-expect-error A number is no user.
cached.getOrSet<User>('u', () => 1)

// Options and timeouts follow.
cached.getOrSet('u', load, '5m')
cached.getOrSet('u', load, { timeout: null, tags: ['users'] })
// @ts-expect-error There is no such option.
cached.getOrSet('u', load, { ttl: 5 })

// Many at once: the loader is asked for what is missing, and may give it in three shapes.
const users = cached.getOrSetMany(['a', 'b'], (missing) => missing.map(load))
is<Equal<typeof users, User[]>>()
const byMap = cached.getOrSetMany<User>(['a'], (missing) => new Map(missing.map((id) => [id, load(id)])))
is<Equal<typeof byMap, User[]>>()
const byRecord = cached.getOrSetMany<User>(['a'], () => ({ a: load('a') }))
is<Equal<typeof byRecord, User[]>>()
const usersLater = asyncCached.getOrSetMany(['a', 'b'], (missing) => Promise.all(missing.map(fetchUser)))
is<Equal<typeof usersLater, Promise<User[]>>>()
const usersEventual = cached.getOrSetMany(['a', 'b'], (missing) => Promise.all(missing.map(fetchUser)))
is<Equal<typeof usersEventual, User[] | Promise<User[]>>>()

export { awaited }
