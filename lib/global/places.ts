import type { CacheEvent, EventName } from '../core/events.ts'
import { shared } from '../core/process-state.ts'
import type { Cache, Mode } from '../core/types.ts'
import type { Loads } from '../single-flight/loads.ts'

/**
 * Places for adapters.
 *
 * A wrapper such as `cached` points to a place. The global wrappers have one for the whole process and another inside every
 * `withAdapter`; a place without an adapter falls back to the enclosing one. Listeners belong to a place, not to an adapter:
 * when its adapter changes they move to the new one, and they also receive events of nested places.
 *
 * Places are plain data under a symbol on `globalThis`, because two copies of the package in one process share them.
 */
export interface Place {
  readonly mode: Mode
  installed: Installed | undefined
  readonly listeners: [EventName, Listener][]
  readonly outer: Place | undefined
  readonly inner: Set<Place>
}

/** An adapter with its ownership. */
export interface Installed {
  readonly adapter: Cache
  /** Created from a name or a class, so it is closed when no place uses it any more. */
  readonly owned: boolean
  places: number
}

/** A listener of some event. */
export type Listener = (event: CacheEvent) => unknown

/** Creates a place without an adapter. */
export function newPlace(mode: Mode, outer?: Place): Place {
  const place: Place = { mode, installed: undefined, listeners: [], outer, inner: new Set() }
  outer?.inner.add(place)
  return place
}

/** Returns the innermost enclosing place that has an adapter, else the outermost. */
export function nearest(place: Place): Place {
  let found = place
  while (found.installed === undefined && found.outer !== undefined) found = found.outer
  return found
}

/** Puts an adapter into a place. Closes an owned previous one after its pending operations. */
export function install(place: Place, installed: Installed): Cache {
  installed.places++
  replace(place, installed)
  return installed.adapter
}

/** Replaces the adapter of a place, or removes it. The listeners move to the new adapter. */
export function replace(place: Place, installed: Installed | undefined): void {
  const before = place.installed
  place.installed = installed
  for (const [event, listener] of listenersOf(place)) {
    if (installed !== undefined) attach(installed.adapter, event, listener)
    if (before !== undefined) detach(before.adapter, event, listener)
  }
  if (before === undefined) return
  before.places--
  discard(before)
}

/** Removes a place. */
export function leave(place: Place): void {
  replace(place, undefined)
  place.outer?.inner.delete(place)
}

/** Adds a listener to the nearest place that has an adapter. */
export function listen(place: Place, event: EventName, listener: Listener): void {
  const target = nearest(place)
  if (target.listeners.some(([e, l]) => e === event && l === listener)) return
  target.listeners.push([event, listener])
  eachAdapter(target, (adapter) => attach(adapter, event, listener))
}

/** Removes a listener from the innermost place that has it. */
export function unlisten(place: Place, event: EventName, listener: Listener): void {
  for (let at: Place | undefined = place; at !== undefined; at = at.outer) {
    const index = at.listeners.findIndex(([e, l]) => e === event && l === listener)
    if (index === -1) continue
    at.listeners.splice(index, 1)
    eachAdapter(at, (adapter) => detach(adapter, event, listener))
    return
  }
}

/** Closes an owned adapter that no place uses. */
export function discard({ adapter, owned, places }: Installed): void {
  if (owned && places === 0) void retire(adapter)
}

/** Runs `fn`, then `after`: immediately, or when the promise of `fn` is settled. */
export function afterwards<T>(fn: () => T, after: () => void | Promise<void>): T {
  let result: T
  try {
    result = fn()
  } catch (error) {
    after()
    throw error
  }
  if (result instanceof Promise) return settled(result, after) as T
  after()
  return result
}

async function settled<T>(result: Promise<T>, after: () => void | Promise<void>): Promise<T> {
  try {
    return await result
  } finally {
    await after()
  }
}

/** Emits a failure that no caller can receive as an `error` event. */
export function report(adapter: Cache, error: unknown, verb: string, key?: string): void {
  const { events } = adapter as Cache & {
    readonly events?: { emit(event: string, key?: string, facts?: object): void }
  }
  events?.emit('error', key, { error, verb })
}

function* listenersOf(place: Place): Generator<[EventName, Listener], void, undefined> {
  for (let at: Place | undefined = place; at !== undefined; at = at.outer) yield* at.listeners
}

function eachAdapter(place: Place, visit: (adapter: Cache) => void): void {
  if (place.installed !== undefined) visit(place.installed.adapter)
  for (const inner of place.inner) eachAdapter(inner, visit)
}

/** Closes an adapter that is out of use, once its pending loads have settled. */
async function retire(adapter: Cache): Promise<void> {
  try {
    await (adapter as Cache & { readonly loads?: Loads }).loads?.settled()
    await adapter.close()
  } catch (error) {
    report(adapter, error, 'close')
  }
}

/** The function that an adapter calls for a listener, and how many places attached it. */
interface Relay {
  readonly call: Listener
  places: number
}

const relays = /* @__PURE__ */ shared('listeners', () => new WeakMap<Cache, Map<EventName, Map<Listener, Relay>>>())

/**
 * Attaches a listener to an adapter. One adapter may be in several places at once: the listener is still called once per
 * event, and stays until the last place detaches it. A listener that the user attached to the adapter directly is
 * independent of it.
 */
function attach(adapter: Cache, event: EventName, listener: Listener): void {
  const known = relaysOf(adapter, event)
  const relay = known.get(listener) ?? { call: (facts: CacheEvent) => listener(facts), places: 0 }
  if (relay.places++ > 0) return
  known.set(listener, relay)
  adapter.on(event, relay.call)
}

/** Detaches a listener from an adapter in one place. */
function detach(adapter: Cache, event: EventName, listener: Listener): void {
  const known = relaysOf(adapter, event)
  const relay = known.get(listener)
  if (relay === undefined || --relay.places > 0) return
  known.delete(listener)
  adapter.off(event, relay.call)
}

function relaysOf(adapter: Cache, event: EventName): Map<Listener, Relay> {
  const events = relays.get(adapter) ?? new Map<EventName, Map<Listener, Relay>>()
  const known = events.get(event) ?? new Map<Listener, Relay>()
  relays.set(adapter, events.set(event, known))
  return known
}
