import type { Cache, Mode, RegisteredMode } from '../core/types.ts'
import { changeSettings, type Environment, type Settings, settingsFrom } from '../entry/settings.ts'
import { currentAsync, currentSync, type Named, resetCurrent, setCurrent, within } from './active.ts'
import type { AdapterClass, Adapters } from './builtin-adapters.ts'

/** What may be behind `cached`: a synchronous cache, or any, where the application registered `mode: 'async'`. */
type Allowed = RegisteredMode extends 'sync' ? Cache<'sync'> : Cache

/** The options of the adapter that is named. Of text that is not known before the program runs, nothing is known. */
export type OptionsOf<N extends string> = N extends keyof Adapters ? Adapters[N] : object

/**
 * Puts an adapter behind `cached`, for everyone who imported it, and answers it. It is named by an alias (`memory mem ram`,
 * `redis`, `memcached memcache mcache`, `sqlite3 sqlite sqlitedb`, `null`; case does not matter), a class name, a URL
 * (`redis://`, `rediss://`, `memcached://host:port,host:port`, `sqlite:path`, `memory:`), a class, or is an instance;
 * `undefined`, `null` and `''`, as an unset variable gives them, stand for the default.
 *
 * The adapter before it is closed after its operations in flight, if it was made here; an instance that was handed in is
 * its owner's. Nothing connects before the first verb. Throws `UnknownAdapter`, or `MissingDependency` when the client
 * package is not installed; then nothing has changed.
 */
export function adapterSet<C extends Allowed>(adapter: C): C
export function adapterSet<C extends Allowed, O>(adapter: AdapterClass<C, O>, options?: O): C
export function adapterSet<N extends string>(name?: N | null, options?: OptionsOf<N>): Cache<RegisteredMode>
export function adapterSet(named?: Named | null, options?: object): Cache {
  return setCurrent('sync', named, options)
}

/** The adapter behind `cached`; the default one is made if there is none yet. */
export function adapterGet(): Cache<RegisteredMode> {
  return currentSync() as Cache<RegisteredMode>
}

/** Forgets the adapter behind `cached`: the next use makes the default again. What the default memory adapter kept is gone. */
export function adapterReset(): void {
  resetCurrent('sync')
}

/** Puts an adapter of either colour behind `asyncCached`: see `adapterSet`. A name means the asynchronous adapter of that name. */
export function asyncAdapterSet<C extends Cache>(adapter: C): C
export function asyncAdapterSet<C extends Cache, O>(adapter: AdapterClass<C, O>, options?: O): C
export function asyncAdapterSet<N extends string>(name?: N | null, options?: OptionsOf<N>): Cache<'async'>
export function asyncAdapterSet(named?: Named | null, options?: object): Cache {
  return setCurrent('async', named, options)
}

/** The adapter behind `asyncCached`; the default one is made if there is none yet. */
export function asyncAdapterGet(): Cache {
  return currentAsync()
}

/** Forgets the adapter behind `asyncCached`: the next use makes the default again. */
export function asyncAdapterReset(): void {
  resetCurrent('async')
}

/**
 * Runs `fn` with another adapter behind the faces, for it and all that it calls, however long that takes; others see nothing
 * of it. A synchronous adapter is behind both faces, an asynchronous one behind `asyncCached`. `adapterSet` inside changes
 * this scope only. An adapter that is named rather than handed in is closed when `fn` is done.
 */
export function withAdapter<T>(adapter: Cache | AdapterClass | string, fn: () => T): T {
  return within(adapter, undefined, fn)
}

/** What `configure` takes: the settings, of which the adapters may be instances and classes too. */
export interface Configuration extends Omit<Settings, 'adapter' | 'asyncAdapter'> {
  /** The adapter of both faces: a name means its synchronous adapter for `cached`, its asynchronous one for `asyncCached`. */
  adapter?: Named | undefined
  /** Another adapter for `asyncCached`. @default `adapter` */
  asyncAdapter?: Named | undefined
}

/** Sets the process's defaults, and with `adapter` what is behind both faces. What is not given stays as it is. */
export function configure({ adapter, asyncAdapter = adapter, ...settings }: Configuration): void {
  changeSettings(settings)
  if (adapter !== undefined && modeOf(adapter) !== 'async') setCurrent('sync', adapter)
  if (asyncAdapter !== undefined) setCurrent('async', asyncAdapter)
}

/**
 * Sets the process's defaults and both faces from environment variables: `CACHE_ADAPTER CACHE_ASYNC_ADAPTER CACHE_TIMEOUT
 * CACHE_PREFIX REDIS_URL MEMCACHED_SERVERS SQLITE_PATH`, in place of what was configured before.
 *
 * @param environment where the variables are. @default process.env
 */
export function configureFromEnv(environment?: Environment): void {
  settingsFrom(environment)
  resetCurrent('sync')
  resetCurrent('async')
}

function modeOf(named: Named): Mode | undefined {
  return typeof named === 'object' ? named.mode : undefined
}
