import { ConfigError } from '../core/errors.ts'
import type { Cache, RegisteredMode } from '../core/types.ts'
import { changeSettings, type Environment, type Settings, settingsFrom, VARIABLES } from '../entry/settings.ts'
import { refuseUnknownOptions } from '../entry/validate.ts'
import { installationOf, type Named, pointers, resolveNamesWith, runWith, setBoth } from './active.ts'
import { type AdapterClass, adapterNamed } from './builtin-adapters.ts'
import type { AdapterSet } from './cache-wrapper.ts'
import { discard } from './places.ts'

// Each function that takes names provides their resolver when this module is loaded. The calls are marked as pure, so that
// bundlers drop those of unused functions, together with the adapters.

/**
 * Sets the adapter of `cached` for the whole process, and returns it. Takes an alias (`memory mem ram`, `redis`,
 * `memcached memcache mcache`, `sqlite3 sqlite sqlitedb`, `mongo mongodb`, `null`, in any case), a class name, a URL
 * (`redis://`, `rediss://`, `memcached://host:port,host:port`, `sqlite:path`, `mongodb://`, `memory:`), a class or an
 * instance. `undefined`, `null` and `''`, the values of an unset variable, select the default.
 *
 * The previous adapter is closed after its pending operations if polycache created it; an instance that was passed in
 * belongs to the caller. Nothing connects before the first verb. Throws `UnknownAdapter`, or `MissingDependency` if the
 * client package is not installed; the adapter does not change then.
 */
export const adapterSet: AdapterSet<RegisteredMode> = /* @__PURE__ */ byName(setterOf('sync'))

/**
 * Sets the adapter of `asyncCached`, which may be synchronous or asynchronous: see `adapterSet`. A name selects the
 * asynchronous adapter.
 */
export const asyncAdapterSet: AdapterSet<'async'> = /* @__PURE__ */ byName(setterOf('async'))

/** Returns the adapter of `cached`, and creates the default one if there is none yet. */
export function adapterGet(): Cache<RegisteredMode> {
  return pointers.sync.current() as Cache<RegisteredMode>
}

/** Drops the adapter of `cached`: the next use creates the default again. Empties the default memory adapter. */
export function adapterReset(): void {
  pointers.sync.reset()
}

/** Returns the adapter of `asyncCached`, and creates the default one if there is none yet. */
export function asyncAdapterGet(): Cache {
  return pointers.async.current()
}

/** Drops the adapter of `asyncCached`: the next use creates the default again. */
export function asyncAdapterReset(): void {
  pointers.async.reset()
}

/**
 * Runs `fn` with another adapter behind `cached` and `asyncCached`, including all code that it calls, also after `await`.
 * Other code is not affected. An asynchronous adapter is used for `asyncCached` only. `adapterSet` inside `fn` changes this
 * scope only. An adapter that is created from a name or class is closed when `fn` ends.
 */
export const withAdapter = /* @__PURE__ */ byName(
  <T>(adapter: Cache | AdapterClass | string, fn: () => T): T => runWith(adapter, undefined, fn),
)

/** The argument of `configure`: the settings, with adapters that may also be instances and classes. */
export interface Configuration extends Omit<Settings, 'adapter' | 'asyncAdapter'> {
  /** The adapter of `cached` and `asyncCached`. A name selects the synchronous adapter for one, and the asynchronous one for the other. */
  adapter?: Named | undefined
  /** A different adapter for `asyncCached`. @default `adapter` */
  asyncAdapter?: Named | undefined
}

/**
 * Sets the process-wide defaults, and with `adapter` the adapters of `cached` and `asyncCached`. Settings that are not given
 * do not change. A synchronous instance or class is one adapter for both; an asynchronous instance is used for `asyncCached`
 * only. An asynchronous class throws a `ConfigError`, because it cannot serve `cached`.
 */
export const configure = /* @__PURE__ */ byName((configuration: Configuration): void => {
  refuseUnknownOptions(configuration, Object.keys(VARIABLES), 'configure')
  const { adapter, asyncAdapter, ...settings } = configuration
  const restore = changeSettings(settings)
  try {
    // An empty string, the value of an unset variable, selects the default.
    if (adapter === '') pointers.sync.reset()
    if (adapter) setAdapters(adapter, asyncAdapter)
    else if (asyncAdapter !== undefined || adapter === '') pointers.async.set(asyncAdapter)
  } catch (error) {
    restore()
    throw error
  }
})

/**
 * Sets the process-wide defaults and both adapters from environment variables: `CACHE_ADAPTER CACHE_ASYNC_ADAPTER
 * CACHE_TIMEOUT CACHE_PREFIX CACHE_VERSION REDIS_URL MEMCACHED_SERVERS SQLITE_PATH MONGODB_URL`. They replace everything
 * that was configured before.
 *
 * @param environment the variables. @default process.env
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
  if (isAsync && first.owned) {
    discard(first)
    throw new ConfigError(
      `configure({ adapter }) sets cached too, and ${first.adapter.constructor.name} is asynchronous. Use configure({ asyncAdapter }) or asyncAdapterSet.`,
    )
  }
  // A name selects a different class for each of them, so it creates two adapters.
  const isOne = asyncAdapter === undefined && typeof adapter !== 'string'
  const second = isOne ? first : installationOf(asyncAdapter ?? adapter, undefined, 'async')
  setBoth(isAsync ? undefined : first, second)
}
