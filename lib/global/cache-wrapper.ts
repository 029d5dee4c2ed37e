import type { CacheEvent, EventName } from '../core/events.ts'
import type { Cache, Mode, RegisteredMode } from '../core/types.ts'
import { closeCurrent, closing, listen, type Twin, unlisten } from './active.ts'
import { type Access, type Items, isKey, itemsOf, refuseAsync } from './dictionary.ts'

/** What a face has beside the verbs of a cache. */
export interface Face<M extends Mode> {
  /** The cache as a dictionary that any key may be used with. */
  readonly items: Items<M>
  /**
   * Begins a scope, which `using` ends. At the end of the outermost one the connection of an adapter of ours is closed; the
   * adapter stays, and a later verb opens it again.
   *
   * @example using cache = cached.enter()
   */
  enter(): this & (M extends 'sync' ? Disposable : AsyncDisposable)
  /** Runs `fn` in such a scope. */
  scope<T>(fn: (cache: this) => T): T
}

/** What `asyncCached` has in addition. */
export interface Queued {
  /** Waits for every assignment (`asyncCached.key = value`) made so far. A failed one was an `error` event. */
  flush(): Promise<void>
}

/** `cached`: the verbs of the current adapter, which are also a dictionary with the default timeout. */
export type Cached = Cache<RegisteredMode> & Face<RegisteredMode> & { [key: string]: unknown }

/** `asyncCached`: the same, always with promises. */
export type AsyncCached = Cache<'async'> & Face<'async'> & Queued & { [key: string]: unknown }

/**
 * Builds a face: an object with the verbs, and a dictionary for every other name.
 *
 * The dictionary is a Proxy at the end of the prototype chain, so that `cached.get` never meets it: 0.4 ns over the
 * adapter's own `get`, where a Proxy in front costs 20 (bench/face.ts). The verbs are accessors because only those can
 * say something helpful to `cached.get = 1`.
 *
 * @param verbs the verbs, those of the hot path as getters that V8 can see through
 */
export function faceOf<F>(twin: Twin, verbs: object, access: Access): F {
  const face = Object.create(dictionary(access))
  let depth = 0
  const leave = () => {
    depth--
    return depth === 0 ? closeCurrent(twin) : undefined
  }

  define(face, verbs)
  define(face, {
    items: itemsOf(access),
    on(event: EventName, listener: (event: CacheEvent) => void) {
      listen(twin, event, listener)
      return face
    },
    off(event: EventName, listener: (event: CacheEvent) => void) {
      unlisten(twin, event, listener)
      return face
    },
    enter() {
      depth++
      return face
    },
    scope(fn: (cache: F) => unknown) {
      depth++
      return closing(() => fn(face), leave)
    },
  })
  Object.defineProperty(face, Symbol.dispose, { value: leave })
  Object.defineProperty(face, Symbol.asyncDispose, { value: async () => leave() })
  return face
}

/** Gives the face properties that can only be read. */
function define(face: object, properties: object): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(properties))) {
    const get = property.get ?? (() => property.value)
    Object.defineProperty(face, name, { get, set: () => refuse(name) })
  }
}

function refuse(name: string): never {
  const text = JSON.stringify(name)
  throw new TypeError(
    `${text} is a name of the cache's own: store it by set(${text}, value) or items[${text}] = value.`,
  )
}

/** What answers for every name that the face does not have itself. */
function dictionary(access: Access): object {
  return new Proxy(Object.create(null), {
    get(_, property, receiver) {
      return isKey(property) ? access.get(property) : Reflect.get(Object.prototype, property, receiver)
    },
    set(_, property, value) {
      if (!isKey(property)) refuse(String(property))
      access.assign(property, value)
      return true
    },
    has(_, property) {
      if (!isKey(property)) return property in Object.prototype
      refuseAsync(access, property)
      return Boolean(access.cache().has(property))
    },
  })
}
