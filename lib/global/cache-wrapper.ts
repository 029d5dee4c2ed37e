import { INSPECT } from '../core/inspect.ts'
import type { Cache, Mode, RegisteredMode } from '../core/types.ts'
import { Pointer, wrappers } from './active.ts'
import { LazyRead, Queue } from './assignments.ts'
import type { AdapterClass, Adapters } from './builtin-adapters.ts'
import { type Access, type Items, isKey, itemsOf, refuseAsync } from './dictionary.ts'
import { afterwards, type Listener } from './places.ts'

/** The adapters that a wrapper of mode `M` accepts: a synchronous wrapper does not accept an asynchronous adapter. */
type Allowed<M extends Mode> = M extends 'sync' ? Cache<'sync'> : Cache

/** The options of a named adapter. A name that is only known at run time takes any. */
export type OptionsOf<N extends string> = N extends keyof Adapters ? Adapters[N] : object

/** Sets the adapter of a wrapper: see `adapterSet`. */
export interface AdapterSet<M extends Mode> {
  <C extends Allowed<M>>(adapter: C): C
  <C extends Allowed<M>, O>(adapter: AdapterClass<C, O>, options?: O): C
  <N extends string>(name?: N | null, options?: OptionsOf<N>): Cache<M>
}

/** The members of a wrapper besides the verbs of a cache. */
interface Wrapping<M extends Mode> {
  /**
   * Sets the adapter and returns it. Takes an alias, a class name, a URL, a class or an instance; see the function
   * `adapterSet`, which does this for `cached`.
   */
  readonly adapterSet: AdapterSet<M>
  /** Returns the current adapter, and creates the default one if there is none yet. */
  adapterGet(): M extends 'async' ? Cache : Cache<M>
  /** Drops the adapter: the next use creates the default again. */
  adapterReset(): void
  /** The cache as a dictionary that takes any key. */
  readonly items: Items<M>
  /**
   * Enters a scope, which `using` leaves. At the end of the outermost scope, the connection of an adapter that the wrapper
   * created is closed. The adapter stays, and a later verb reopens it.
   *
   * @example using cache = cached.enter()
   */
  enter(): this & (M extends 'sync' ? Disposable : AsyncDisposable)
  /** Runs `fn` in such a scope. */
  scope<T>(fn: (cache: this) => T): T
}

/**
 * A pointer to a current adapter, with all verbs of a cache, which also works as a dictionary with the default timeout.
 * `cached` is one. Each `new CacheWrapper()` has its own adapter: memory, or the one that `CACHE_ADAPTER` names, until
 * `adapterSet` sets another.
 *
 * @example
 * const sessions = new CacheWrapper()
 * sessions.adapterSet('redis', { prefix: 'session:' })
 * sessions.set('a', 1)
 */
export interface CacheWrapper extends Cache<RegisteredMode>, Wrapping<RegisteredMode> {
  [key: string]: unknown
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `assemble` defines the members that the interface declares.
export class CacheWrapper {
  static readonly name: string = 'CacheWrapper'
  constructor()
  /** @internal */
  constructor(pointer: Pointer)
  constructor(pointer = new Pointer('sync')) {
    const current = () => pointer.current()
    const isAsync = () => current().mode === 'async'
    const queue = new Queue(current)
    assemble(this, pointer, syncVerbs(pointer), {
      cache: current,
      isAsync,
      get: (key) => (isAsync() ? new LazyRead(() => current().get(key) as Promise<unknown>) : current().get(key)),
      assign: (key, value) => (isAsync() ? queue.assign(key, value) : void current().set(key, value)),
      remove: (key) => (isAsync() ? queue.remove(key) : void current().remove(key)),
    })
  }
}

/**
 * A `CacheWrapper` that always returns promises; `asyncCached` is one. The results of a synchronous adapter become promises,
 * and its errors become rejections.
 */
export interface AsyncCacheWrapper extends Cache<'async'>, Wrapping<'async'> {
  [key: string]: unknown
  /** Waits for all assignments (`asyncCached.key = value`) so far. Failed ones have emitted an `error` event. */
  flush(): Promise<void>
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `assemble` defines the members that the interface declares.
export class AsyncCacheWrapper {
  static readonly name: string = 'AsyncCacheWrapper'
  constructor()
  /** @internal */
  constructor(pointer: Pointer)
  constructor(pointer = new Pointer('async')) {
    const queue = new Queue(() => pointer.current())
    assemble(this, pointer, asyncVerbs(pointer, queue), {
      cache: () => pointer.current(),
      isAsync: () => true,
      get: (key) => new LazyRead(() => queue.ask((cache) => cache.get(key))),
      assign: (key, value) => queue.assign(key, value),
      remove: (key) => queue.remove(key),
    })
  }
}

/** The verbs that are forwarded in a loop. */
const OTHERS = [
  'getOrFail',
  'add',
  'getOrSetAsync',
  'updateTimeout',
  'ttl',
  'pull',
  'update',
  'warm',
  'idle',
  'increment',
  'decrement',
  'getMany',
  'setMany',
  'getOrSetMany',
  'clear',
  'lock',
  'withLock',
  'removeByTag',
  'expireByTag',
  'connect',
  'close',
  'ping',
] as const satisfies readonly (keyof Cache)[]

// The verbs' overloads are in the types of the wrappers; arguments pass through unchanged.
type Args = readonly never[]
type Verb = (...args: Args) => unknown
type Other = (typeof OTHERS)[number]
/** The members that both wrappers forward. The compiler reports a missing one. */
type Forwarded = Readonly<Record<Exclude<keyof Cache, 'on' | 'off'>, unknown>>

const others = (call: (verb: Other, args: Args) => unknown): Record<Other, Verb> =>
  Object.fromEntries(OTHERS.map((verb) => [verb, (...args: Args) => call(verb, args)])) as Record<Other, Verb>

// The getters of the hot path are written out, so that V8 inlines them: getters created in a loop cost 1 to 10 ns more per
// call, depending on other code in the process (bench/face.ts).
function syncVerbs(pointer: Pointer): Forwarded {
  const get = (key: never, fallback: never, options: never) => pointer.current().get(key, fallback, options)
  const set = (key: never, value: unknown, timeout: never) => pointer.current().set(key, value, timeout)
  const getOrSet = (key: never, value: never, timeout: never) => pointer.current().getOrSet(key, value, timeout)
  const has = (key: never) => pointer.current().has(key)
  const remove = (...keys: never[]) => pointer.current().remove(...keys)
  return {
    get get() {
      return get
    },
    get set() {
      return set
    },
    get getOrSet() {
      return getOrSet
    },
    get has() {
      return has
    },
    get remove() {
      return remove
    },
    ...others((verb, args) => (pointer.current()[verb] as Verb)(...args)),
    keys: (prefix?: string) => pointer.current().keys(prefix),
    stats: () => pointer.current().stats(),
    status: () => pointer.current().status(),
    get mode() {
      return pointer.current().mode
    },
    get capabilities() {
      return pointer.current().capabilities
    },
  }
}

function asyncVerbs(pointer: Pointer, queue: Queue): Forwarded & Pick<AsyncCacheWrapper, 'flush'> {
  const get = (key: never, fallback: never, options: never) => queue.ask((cache) => cache.get(key, fallback, options))
  const set = (key: never, value: unknown, timeout: never) => queue.ask((cache) => cache.set(key, value, timeout))
  const getOrSet = (key: never, value: never, time: never) => queue.ask((cache) => cache.getOrSet(key, value, time))
  const has = (key: never) => queue.ask((cache) => cache.has(key))
  const remove = (...keys: never[]) => queue.ask((cache) => cache.remove(...keys))
  return {
    get get() {
      return get
    },
    get set() {
      return set
    },
    get getOrSet() {
      return getOrSet
    },
    get has() {
      return has
    },
    get remove() {
      return remove
    },
    ...others((verb, args) => queue.ask((cache) => (cache[verb] as Verb)(...args))),
    keys: (prefix?: string) => queue.each((cache) => cache.keys(prefix)),
    stats: () => pointer.current().stats(),
    status: () => pointer.current().status(),
    mode: 'async',
    get capabilities() {
      return pointer.current().capabilities
    },
    flush: () => queue.flush(),
  }
}

/**
 * Defines the members of a wrapper: its own accessors, and behind them a dictionary for every other name.
 *
 * The dictionary is a Proxy in the prototype chain, behind the verbs, so that `cached.get` never reaches it: 0.4 ns more than
 * the adapter's own `get`, while a Proxy in front costs 20 to 50 (bench/face.ts). The verbs are accessors because only
 * an accessor can throw a helpful error for `cached.get = 1`. They are configurable and do not use `this`, so that
 * `vi.spyOn` and `jest.spyOn` can replace and restore them.
 */
function assemble(face: object, pointer: Pointer, verbs: object, access: Access): void {
  let depth = 0
  const leave = () => {
    depth--
    return depth === 0 ? pointer.close() : undefined
  }

  wrappers.set(face, pointer)
  Object.setPrototypeOf(face, dictionary(access, Object.getPrototypeOf(face)))
  define(face, verbs)
  define(face, {
    adapterSet: (named?: never, options?: object) => pointer.set(named, options),
    adapterGet: () => pointer.current(),
    adapterReset: () => pointer.reset(),
    items: itemsOf(access),
    on(event: never, listener: Listener) {
      pointer.on(event, listener)
      return face
    },
    off(event: never, listener: Listener) {
      pointer.off(event, listener)
      return face
    },
    enter() {
      depth++
      return face
    },
    scope(fn: (cache: object) => unknown) {
      depth++
      return afterwards(() => fn(face), leave)
    },
  })
  hide(face, INSPECT, (_depth: number, options: object, inspect: (x: unknown, options: object) => string) => {
    const { installed } = pointer
    return installed === undefined ? `${face.constructor.name} {}` : inspect(installed, options)
  })
  // Node 20 has these symbols in the main context only, not in those of jest and vitest.
  if (Symbol.dispose !== undefined) hide(face, Symbol.dispose, leave)
  if (Symbol.asyncDispose !== undefined) hide(face, Symbol.asyncDispose, async () => leave())
}

/** Defines properties that can be read and redefined, but not assigned. */
function define(face: object, properties: object): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(properties))) {
    const get = property.get ?? (() => property.value)
    Object.defineProperty(face, name, { get, set: () => refuse(name), configurable: true })
  }
}

function hide(face: object, name: symbol, value: unknown): void {
  Object.defineProperty(face, name, { value, configurable: true, writable: true })
}

function refuse(name: string): never {
  const text = JSON.stringify(name)
  throw new TypeError(`${text} is a member of the cache. As a key, use set(${text}, value) or items[${text}] = value.`)
}

/** Handles every name that neither the wrapper nor its class has. */
function dictionary(access: Access, prototype: object): object {
  const isEntry = (target: object, property: string | symbol): property is string =>
    isKey(property) && !(property in target)

  return new Proxy(Object.create(prototype), {
    get(target, property, receiver) {
      return isEntry(target, property) ? access.get(property) : Reflect.get(target, property, receiver)
    },
    set(target, property, value) {
      if (!isEntry(target, property)) refuse(String(property))
      access.assign(property, value)
      return true
    },
    has(target, property) {
      if (!isEntry(target, property)) return property in target
      refuseAsync(access, property)
      return Boolean(access.cache().has(property))
    },
  })
}
