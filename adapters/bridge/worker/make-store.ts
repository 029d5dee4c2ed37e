import type { ByteStore, StoreContext } from '../../../lib/adapter/byte-store.ts'
import { ConfigError } from '../../../lib/core/errors.ts'
import type { CacheEvent } from '../../../lib/core/events.ts'
import type { Capabilities, Store } from '../../../lib/core/types.ts'
import type { Target } from '../protocol.ts'
import { entriesAsBytes } from './entries-as-bytes.ts'

/** A function or class that makes a store. */
type Maker = ((options: object, context: StoreContext) => unknown) &
  (new (
    options: object,
    context: StoreContext,
  ) => unknown)

/** What a maker may make: one of our stores, or an adapter of somebody else's. */
type Made = Partial<ByteStore<'async'> & Store<'async'>> & {
  readonly capabilities?: Partial<Capabilities>
  on?(event: string, listener: (event: Partial<CacheEvent>) => void): unknown
}

/** A store, and what it says about itself. */
export interface MadeStore {
  readonly store: ByteStore<'async'>
  readonly capabilities: Capabilities
}

/** What a store can do that does not say. */
const NOTHING: Capabilities = {
  atomic: false,
  listsKeys: false,
  clears: false,
  shared: false,
  locks: false,
  millisecondExpiry: false,
}

/** The events of an adapter that are about its backend rather than about a key of its users. */
const BACKEND_EVENTS = ['connect', 'disconnect', 'recover', 'corruptFile', 'error'] as const

/** Loads the module of a target, and makes the store that is meant. Throws `ConfigError` when there is none. */
export async function makeStore(target: Target, context: StoreContext): Promise<MadeStore> {
  const maker = makerOf(await exportsOf(target.module), target)
  const made = (await (isClass(maker) ? new maker(target.options, context) : maker(target.options, context))) as Made
  const store = byteStoreOf(made)
  if (store === undefined) {
    throw new ConfigError(
      `What ${target.module} makes is no store: it needs load and save, or read and write, with drop and close.`,
    )
  }

  if (typeof made.on === 'function') {
    for (const name of BACKEND_EVENTS) {
      made.on(name, ({ adapter: _, key: __, ...facts }) => context.emit(name, undefined, facts as never))
    }
  }
  return { store, capabilities: capabilitiesOf(made) }
}

async function exportsOf(module: string): Promise<Record<string, unknown>> {
  try {
    const exports = await import(module)
    // A CommonJS module compiled from ES syntax has its exports under `default`.
    return exports.default?.__esModule ? exports.default : exports
  } catch (cause) {
    throw new ConfigError(`The module ${module} does not load: ${(cause as Error).message}`, 'E_CONFIG', { cause })
  }
}

function makerOf(exports: Record<string, unknown>, { module, name }: Target): Maker {
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === 'function')
  const chosen = name ?? (functions.length === 1 ? functions[0]! : 'default')
  if (functions.includes(chosen)) return exports[chosen] as Maker

  const known = functions.length === 0 ? 'no function at all' : functions.join(', ')
  throw new ConfigError(
    `The module ${module} has no function or class ${JSON.stringify(chosen)} to make a store with. It exports ${known}; name one by \`name\`.`,
  )
}

// A class cannot be called; one that was compiled for old engines has methods on its prototype.
function isClass(maker: Maker): boolean {
  const prototype = Object.getOwnPropertyDescriptor(maker, 'prototype')
  if (prototype === undefined) return false
  return !prototype.writable || Object.getOwnPropertyNames(prototype.value).length > 1
}

function byteStoreOf(made: Made): ByteStore<'async'> | undefined {
  if (typeof made?.drop !== 'function' || typeof made.close !== 'function') return undefined
  if (typeof made.load === 'function' && typeof made.save === 'function') return made as ByteStore<'async'>
  if (typeof made.read === 'function' && typeof made.write === 'function') return entriesAsBytes(made as Store<'async'>)
  return undefined
}

function capabilitiesOf({ capabilities = {} }: Made): Capabilities {
  const names = Object.keys(NOTHING) as (keyof Capabilities)[]
  return Object.fromEntries(names.map((name) => [name, capabilities[name] ?? NOTHING[name]])) as unknown as Capabilities
}
