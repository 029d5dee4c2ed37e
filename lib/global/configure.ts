import { ConfigError } from '../core/errors.ts'
import type { Cache, RegisteredMode } from '../core/types.ts'
import { changeSettings, type Environment, type Settings, settingsFrom, VARIABLES } from '../entry/settings.ts'
import { refuseUnknownOptions } from '../entry/validate.ts'
import { installationOf, type Named, pointers, resolveNamesWith, runWith, setBoth } from './active.ts'
import { type AdapterClass, adapterNamed } from './builtin-adapters.ts'
import type { AdapterSet } from './cache-wrapper.ts'
import { discard } from './places.ts'

// Each function that takes names provides their resolver when this module runs. The calls are marked as pure: a bundler
// drops those of functions that nobody imports, and the adapters with them.

/**
 * Sets the adapter of `cached` for everyone who imported it, and returns it. It takes an alias (`memory mem ram`, `redis`,
 * `memcached memcache mcache`, `sqlite3 sqlite sqlitedb`, `mongo mongodb`, `null`; case does not matter), a class name, a
 * URL (`redis://`, `rediss://`, `memcached://host:port,host:port`, `sqlite:path`, `mongodb://`, `memory:`), a class or an
 * instance; `undefined`, `null` and `''`, which is what an unset variable gives, mean the default.
 *
 * The previous adapter is closed after its pending operations if it was made here; an instance that was handed in belongs to
 * its owner. Nothing connects before the first verb. Throws `UnknownAdapter`, or `MissingDependency` if the client package
 * is not installed; nothing has changed then.
 */
export const adapterSet: AdapterSet<RegisteredMode> = /* @__PURE__ */ byName(setterOf('sync'))

/**
 * Sets the adapter of `asyncCached`, which may be synchronous or asynchronous: see `adapterSet`. A name means the
 * asynchronous adapter of that name.
 */
export const asyncAdapterSet: AdapterSet<'async'> = /* @__PURE__ */ byName(setterOf('async'))

/** The adapter of `cached`; the default one is made if there is none yet. */
export function adapterGet(): Cache<RegisteredMode> {
  return pointers.sync.current() as Cache<RegisteredMode>
}

/** Forgets the adapter of `cached`: the next use makes the default again. Empties the default memory adapter. */
export function adapterReset(): void {
  pointers.sync.reset()
}

/** The adapter of `asyncCached`; the default one is made if there is none yet. */
export function asyncAdapterGet(): Cache {
  return pointers.async.current()
}

/** Forgets the adapter of `asyncCached`: the next use makes the default again. */
export function asyncAdapterReset(): void {
  pointers.async.reset()
}

/**
 * Runs `fn` with another adapter behind `cached` and `asyncCached`, for it and all that it calls, however long that takes.
 * Other code does not see it. An asynchronous adapter is behind `asyncCached` only. `adapterSet` inside changes this scope
 * only. An adapter that is named rather than handed in is closed when `fn` is done.
 */
export const withAdapter = /* @__PURE__ */ byName(
  <T>(adapter: Cache | AdapterClass | string, fn: () => T): T => runWith(adapter, undefined, fn),
)

/** The argument of `configure`: the settings, with adapters that may be instances and classes too. */
export interface Configuration extends Omit<Settings, 'adapter' | 'asyncAdapter'> {
  /** The adapter of `cached` and `asyncCached`. A name means its synchronous adapter for one, its asynchronous one for the other. */
  adapter?: Named | undefined
  /** Another adapter for `asyncCached`. @default `adapter` */
  asyncAdapter?: Named | undefined
}

/**
 * Sets the process's defaults, and with `adapter` the adapters of `cached` and `asyncCached`. Settings that are not given stay
 * as they are. A synchronous instance or class is one adapter behind both; an asynchronous instance is behind `asyncCached`
 * only, and an asynchronous class is refused with a `ConfigError`, because `cached` would be left without it.
 */
export const configure = /* @__PURE__ */ byName((configuration: Configuration): void => {
  refuseUnknownOptions(configuration, Object.keys(VARIABLES), 'configure')
  const { adapter, asyncAdapter, ...settings } = configuration
  const restore = changeSettings(settings)
  try {
    // Empty text, as an unset variable gives it, means the default.
    if (adapter === '') pointers.sync.reset()
    if (adapter) setAdapters(adapter, asyncAdapter)
    else if (asyncAdapter !== undefined || adapter === '') pointers.async.set(asyncAdapter)
  } catch (error) {
    restore()
    throw error
  }
})

/**
 * Sets the process's defaults and both adapters from environment variables: `CACHE_ADAPTER CACHE_ASYNC_ADAPTER CACHE_TIMEOUT
 * CACHE_PREFIX REDIS_URL MEMCACHED_SERVERS SQLITE_PATH MONGODB_URL`. They replace what was configured before.
 *
 * @param environment holds the variables. @default process.env
 */
export const configureFromEnv = /* @__PURE__ */ byName((environment?: Environment): void => {
  settingsFrom(environment)
  pointers.sync.reset()
  pointers.async.reset()
})

function byName<F>(fn: F): F {
  resolveNamesWith(adapterNamed)
  return fn
}

function setterOf<M extends 'sync' | 'async'>(mode: M): AdapterSet<M extends 'sync' ? RegisteredMode : 'async'> {
  return ((named?: Named | null, options?: object) => pointers[mode].set(named, options)) as never
}

function setAdapters(adapter: Named, asyncAdapter: Named | undefined): void {
  const first = installationOf(adapter, undefined, 'sync')
  const isAsync = first.adapter.mode === 'async'
  if (isAsync && first.ours) {
    discard(first)
    throw new ConfigError(
      `configure({ adapter }) sets cached too, and ${first.adapter.constructor.name} is asynchronous. Use configure({ asyncAdapter }) or asyncAdapterSet.`,
    )
  }
  // A name means another class for each of them, so it makes two adapters.
  const isOne = asyncAdapter === undefined && typeof adapter !== 'string'
  const second = isOne ? first : installationOf(asyncAdapter ?? adapter, undefined, 'async')
  setBoth(isAsync ? undefined : first, second)
}
