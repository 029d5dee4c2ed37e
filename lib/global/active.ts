import { AsyncLocalStorage } from 'node:async_hooks'
import { ConfigError, UnknownAdapter } from '../core/errors.ts'
import type { EventName } from '../core/events.ts'
import { shared } from '../core/process-state.ts'
import type { Cache, Mode } from '../core/types.ts'
import { forgetSettings, setting, VARIABLES } from '../entry/settings.ts'
import { type AdapterClass, memoryOver, type SharedMemory, sharedMemory } from './builtin-adapters.ts'
import {
  afterwards,
  type Installed,
  install,
  type Listener,
  leave,
  listen,
  nearest,
  newPlace,
  type Place,
  replace,
  unlisten,
} from './places.ts'

/** The places of both global pointers, of the process or of one `withAdapter` call. */
type Scope = Readonly<Record<Mode, Place>>

interface State {
  readonly root: Scope
  /** Present from the first `withAdapter` on. */
  scopes: AsyncLocalStorage<Scope> | undefined
  /** The store that the default memory adapters of both global pointers share. */
  memory: SharedMemory | undefined
}

const state = /* @__PURE__ */ shared<State>('', () => ({
  root: { sync: newPlace('sync'), async: newPlace('async') },
  scopes: undefined,
  memory: undefined,
}))

/** Anything that identifies an adapter: an alias, a class name, a URL, an instance or a class. */
export type Named = string | Cache | AdapterClass

/** The adapters that were created from a name or a class. */
const owned = /* @__PURE__ */ shared('made', () => new WeakMap<Cache, Installed>())

/** The pointer of every `CacheWrapper`, so that one wrapper is not used as an adapter of another. */
export const wrappers = /* @__PURE__ */ shared('wrappers', () => new WeakMap<object, Pointer>())

type Resolver = (name: string, options: object | undefined, mode: Mode) => Cache

let resolver: Resolver | undefined

/**
 * Provides the resolver of adapter names. The functions that take names call it, rather than this module importing it, so
 * that a bundle of `cached` alone contains no adapter but memory.
 */
export function resolveNamesWith(resolve: Resolver): void {
  resolver = resolve
}

/** The current adapter of one wrapper, which forwards every verb to it. */
export class Pointer {
  readonly mode: Mode
  readonly #own: Place

  constructor(mode: Mode, place = newPlace(mode)) {
    this.mode = mode
    this.#own = place
  }

  /** Returns the current adapter, and creates the default one if there is none yet. */
  current(): Cache {
    return this.#own.installed === undefined
      ? install(this.#own, made(this.makeDefault()))
      : this.#own.installed.adapter
  }

  /** The current adapter, or `undefined` if none has been needed yet. */
  get installed(): Cache | undefined {
    return nearest(this.place).installed?.adapter
  }

  /** Installs an adapter. Closes the previous one after its pending operations if this wrapper created it. */
  set(named: Named | null | undefined, options?: object): Cache {
    if (named === undefined || named === null || named === '') {
      this.reset()
      return this.current()
    }
    return install(this.place, installationOf(named, options, this.mode))
  }

  /** Drops the adapter: the next use creates the default again. */
  reset(): void {
    replace(this.place, undefined)
    forgetSettings()
  }

  /** Closes the connection of the adapter if this wrapper created it. The adapter stays, and a later verb reopens it. */
  close(): void | Promise<void> {
    const { installed } = this.place
    if (installed?.owned) return installed.adapter.close()
  }

  /** Listens to the current adapter, and to every later one. A listener added inside `withAdapter` ends with it. */
  on(event: EventName, listener: Listener): void {
    listen(this.place, event, listener)
  }

  /** Removes a listener, wherever it was added. */
  off(event: EventName, listener: Listener): void {
    unlisten(this.place, event, listener)
  }

  protected get place(): Place {
    return this.#own
  }

  protected makeDefault(): Cache {
    return fromSettings(this.mode) ?? memoryOver(sharedMemory(), this.mode)
  }
}

/** A global pointer: its place depends on the `withAdapter` that the caller is in. */
class GlobalPointer extends Pointer {
  readonly #root: Place

  constructor(mode: Mode) {
    super(mode, state.root[mode])
    this.#root = state.root[mode]
  }

  override current(): Cache {
    // The usual case first: `withAdapter` has never been called.
    const { installed } = this.#root
    if (state.scopes === undefined && installed !== undefined) return installed.adapter
    return nearest(this.place).installed?.adapter ?? super.current()
  }

  override reset(): void {
    const { memory } = state
    const isDefault = memory !== undefined && storeOf(this.place.installed?.adapter) === memory
    super.reset()
    if (isDefault) memory.clear()
  }

  protected override get place(): Place {
    return here()[this.mode]
  }

  protected override makeDefault(): Cache {
    const named = fromSettings(this.mode)
    if (named !== undefined) return named
    state.memory ??= sharedMemory()
    return memoryOver(state.memory, this.mode)
  }
}

/** The pointers of `cached` and `asyncCached`. */
export const pointers: Readonly<Record<Mode, Pointer>> = /* @__PURE__ */ globalPointers()

function globalPointers(): Record<Mode, Pointer> {
  return { sync: new GlobalPointer('sync'), async: new GlobalPointer('async') }
}

/** The adapter of `cached`. */
export function currentSync(): Cache {
  return pointers.sync.current()
}

/** The adapter of `asyncCached`. */
export function currentAsync(): Cache {
  return pointers.async.current()
}

/** Installs adapters behind both global pointers; they may be the same adapter. `undefined` leaves `cached` unchanged. */
export function setBoth(sync: Installed | undefined, async: Installed): void {
  const scope = here()
  if (sync !== undefined) install(scope.sync, sync)
  install(scope.async, async)
}

/** Runs `fn`, and everything that it calls, with another adapter behind the global pointers. */
export function runWith<T>(named: Named, options: object | undefined, fn: () => T): T {
  const outer = here()
  const installed = installationOf(named, options, 'sync')
  const scope: Scope = { sync: newPlace('sync', outer.sync), async: newPlace('async', outer.async) }
  if (installed.adapter.mode === 'sync') install(scope.sync, installed)
  install(scope.async, installed)

  state.scopes ??= new AsyncLocalStorage()
  return afterwards(
    () => state.scopes!.run(scope, fn),
    () => {
      leave(scope.sync)
      leave(scope.async)
    },
  )
}

/** Creates or finds the adapter that was named, without installing it. */
export function installationOf(named: Named, options: object | undefined, mode: Mode): Installed {
  if (typeof named === 'string') return made(resolve(named, options, mode))
  if (typeof named === 'function') return made(new named((options ?? {}) as never))
  if (wrappers.has(named)) {
    throw new ConfigError(
      'A CacheWrapper such as cached is not an adapter. Pass its adapter, adapterGet(), or a class or name.',
    )
  }
  if (isCache(named)) return handedIn(named)
  throw new ConfigError(
    `An adapter must be a name, a class or an instance, not ${named === null ? 'null' : typeof named}.`,
  )
}

function made(adapter: Cache): Installed {
  const installed: Installed = { adapter, owned: true, places: 0 }
  owned.set(adapter, installed)
  return installed
}

// An instance that was created here and is in use stays owned: `asyncAdapterSet(adapterGet())`.
function handedIn(adapter: Cache): Installed {
  const known = owned.get(adapter)
  return known !== undefined && known.places > 0 ? known : { adapter, owned: false, places: 0 }
}

function isCache(x: unknown): x is Cache {
  const { mode, get, set } = (x ?? {}) as Partial<Cache>
  return (mode === 'sync' || mode === 'async') && typeof get === 'function' && typeof set === 'function'
}

function here(): Scope {
  return state.scopes?.getStore() ?? state.root
}

/** Returns the adapter that the settings name, if any. */
function fromSettings(mode: Mode): Cache | undefined {
  const own = mode === 'async' ? setting('asyncAdapter') : undefined
  const name = own ?? setting('adapter')
  if (name === undefined) return undefined
  try {
    return resolve(name, undefined, mode)
  } catch (error) {
    if (!(error instanceof UnknownAdapter)) throw error
    throw new UnknownAdapter(error.adapter, error.known, own === undefined ? VARIABLES.adapter : VARIABLES.asyncAdapter)
  }
}

function resolve(name: string, options: object | undefined, mode: Mode): Cache {
  if (resolver !== undefined) return resolver(name, options, mode)
  throw new ConfigError(
    'This bundle cannot look up adapters by name, because none of its modules imports adapterSet. ' +
      'Import adapterSet from polycache, or pass the class of the adapter.',
  )
}

function storeOf(adapter: Cache | undefined): unknown {
  return (adapter as { readonly store?: unknown } | undefined)?.store
}
