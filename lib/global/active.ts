import { AsyncLocalStorage } from 'node:async_hooks'
import { ConfigError, UnknownAdapter } from '../core/errors.ts'
import type { CacheEvent, EventName } from '../core/events.ts'
import { shared } from '../core/process-state.ts'
import type { Cache, Mode } from '../core/types.ts'
import { forgetSettings, setting, VARIABLES } from '../entry/settings.ts'
import type { Loads } from '../single-flight/loads.ts'
import { type AdapterClass, adapterNamed, memoryOver, type SharedMemory, sharedMemory } from './builtin-adapters.ts'

/** Which of the two faces is meant: `cached` or `asyncCached`. */
export type Twin = Mode

/** The adapter behind a face. */
interface Pointer {
  readonly adapter: Cache
  /** It was made here from a name or class, and is closed here too. */
  readonly ours: boolean
}

/** What is behind the faces: for the whole process, or within one `withAdapter`. */
interface Scope {
  sync: Pointer | undefined
  async: Pointer | undefined
  readonly outer: Scope | undefined
}

/** A listener of some event: which one stands beside it. */
type Listener = (event: CacheEvent) => void

interface State extends Scope {
  /** Present from the first `withAdapter` on. */
  scopes: AsyncLocalStorage<Scope> | undefined
  /** What the memory adapters keep that spring up by themselves. */
  memory: SharedMemory | undefined
  /** Who listens to the faces, and follows them from adapter to adapter. */
  readonly listeners: Record<Twin, [EventName, Listener][]>
}

const state = shared<State>('', () => ({
  sync: undefined,
  async: undefined,
  outer: undefined,
  scopes: undefined,
  memory: undefined,
  listeners: { sync: [], async: [] },
}))

/** What a caller may name an adapter by. */
export type Named = string | Cache | AdapterClass

/** The adapter behind `cached`. Made on the spot when there is none yet. */
export function currentSync(): Cache {
  // The usual case first: nobody ever used `withAdapter`.
  if (state.scopes === undefined && state.sync !== undefined) return state.sync.adapter
  return current('sync')
}

/** The adapter behind `asyncCached`. Made on the spot when there is none yet. */
export function currentAsync(): Cache {
  if (state.scopes === undefined && state.async !== undefined) return state.async.adapter
  return current('async')
}

function current(twin: Twin): Cache {
  for (let scope: Scope | undefined = here(); scope !== undefined; scope = scope.outer) {
    const pointer = scope[twin]
    if (pointer !== undefined) return pointer.adapter
  }
  return install(state, twin, { adapter: makeDefault(twin), ours: true })
}

function here(): Scope {
  return state.scopes?.getStore() ?? state
}

/** Puts an adapter behind a face; the one before it is closed, if it was ours, after what it has under way. */
export function setCurrent(twin: Twin, named: Named | null | undefined, options?: object): Cache {
  if (named === undefined || named === null || named === '') {
    resetCurrent(twin)
    return current(twin)
  }
  return install(here(), twin, pointerTo(named, options, twin))
}

/** Forgets the adapter behind a face: the next use makes the default again. */
export function resetCurrent(twin: Twin): void {
  const scope = here()
  const { memory } = state
  const isDefault = memory !== undefined && storeOf(scope[twin]?.adapter) === memory
  replace(scope, twin, undefined)
  if (isDefault) memory.clear()
  forgetSettings()
}

/** Runs `fn` with another adapter behind the faces, for it and all that it calls; one that was made here is closed afterwards. */
export function within<T>(named: Named, options: object | undefined, fn: () => T): T {
  const pointer = pointerTo(named, options, 'sync')
  const isSync = pointer.adapter.mode === 'sync'
  const scope: Scope = { sync: isSync ? pointer : undefined, async: pointer, outer: here() }
  state.scopes ??= new AsyncLocalStorage()
  return closing(
    () => state.scopes!.run(scope, fn),
    () => {
      replace(scope, 'sync', undefined)
      replace(scope, 'async', undefined)
    },
  )
}

/** Closes the connection of the adapter behind a face, if it is ours. It stays in place, and a later verb opens it again. */
export function closeCurrent(twin: Twin): void | Promise<void> {
  const pointer = here()[twin]
  if (pointer?.ours) return pointer.adapter.close()
}

/** Runs `fn`, and `after` when it is over, be it at once or when its promise is settled. */
export function closing<T>(fn: () => T, after: () => void | Promise<void>): T {
  let result: T
  try {
    result = fn()
  } catch (error) {
    after()
    throw error
  }
  if (result instanceof Promise) return later(result, after) as T
  after()
  return result
}

async function later<T>(result: Promise<T>, after: () => void | Promise<void>): Promise<T> {
  try {
    return await result
  } finally {
    await after()
  }
}

/** Listens to whatever adapter is behind a face, now and later. */
export function listen(twin: Twin, event: EventName, listener: Listener): void {
  state.listeners[twin].push([event, listener])
  current(twin).on(event, listener)
}

/** Takes a listener away again. */
export function unlisten(twin: Twin, event: EventName, listener: Listener): void {
  state.listeners[twin] = state.listeners[twin].filter(([e, l]) => e !== event || l !== listener)
  current(twin).off(event, listener)
}

function install(scope: Scope, twin: Twin, pointer: Pointer): Cache {
  replace(scope, twin, pointer)
  return pointer.adapter
}

function replace(scope: Scope, twin: Twin, pointer: Pointer | undefined): void {
  const before = scope[twin]
  scope[twin] = pointer
  for (const [event, listener] of state.listeners[twin]) {
    before?.adapter.off(event, listener)
    pointer?.adapter.on(event, listener)
  }
  const isStillUsed = before?.adapter === scope.sync?.adapter || before?.adapter === scope.async?.adapter
  if (before?.ours && !isStillUsed) void retire(before.adapter)
}

/** Closes an adapter that nobody can reach any more, when what is being made for it has been. */
async function retire(adapter: Cache): Promise<void> {
  try {
    await (adapter as Cache & { readonly loads?: Loads }).loads?.settled()
    await adapter.close()
  } catch (error) {
    report(adapter, error, 'close')
  }
}

/** Tells of a failure that no caller is there to be told of. */
export function report(adapter: Cache, error: unknown, verb: string, key?: string): void {
  const { events } = adapter as Cache & {
    readonly events?: { emit(event: string, key?: string, facts?: object): void }
  }
  events?.emit('error', key, { error, verb })
}

function pointerTo(named: Named, options: object | undefined, twin: Twin): Pointer {
  if (typeof named === 'string') return { adapter: adapterNamed(named, options, twin), ours: true }
  if (typeof named === 'function') return { adapter: new named((options ?? {}) as never), ours: true }
  if (isCache(named)) return { adapter: named, ours: false }
  throw new ConfigError(`An adapter is a name, a class or an instance, not ${named === null ? 'null' : typeof named}.`)
}

function isCache(x: unknown): x is Cache {
  const { mode, get, set } = (x ?? {}) as Partial<Cache>
  return (mode === 'sync' || mode === 'async') && typeof get === 'function' && typeof set === 'function'
}

/** The adapter that springs up when none was set: the one that the settings name, else memory, which both faces share. */
function makeDefault(twin: Twin): Cache {
  const name = (twin === 'async' ? setting('asyncAdapter') : undefined) ?? setting('adapter')
  if (name !== undefined) return fromSettings(name, twin)
  state.memory ??= sharedMemory()
  return memoryOver(state.memory, twin)
}

function fromSettings(name: string, twin: Twin): Cache {
  try {
    return adapterNamed(name, undefined, twin)
  } catch (error) {
    if (!(error instanceof UnknownAdapter)) throw error
    const variable = twin === 'async' && setting('asyncAdapter') === name ? VARIABLES.asyncAdapter : VARIABLES.adapter
    throw new UnknownAdapter(error.adapter, error.known, variable)
  }
}

function storeOf(adapter: Cache | undefined): unknown {
  return (adapter as { readonly store?: unknown } | undefined)?.store
}
