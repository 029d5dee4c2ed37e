import type { ByteStore, StoreContext } from '../../../lib/adapter/byte-store.ts'
import { ConfigError } from '../../../lib/core/errors.ts'
import type { CacheEvent } from '../../../lib/core/events.ts'
import type { Capabilities, Store } from '../../../lib/core/types.ts'
import type { Target } from '../protocol.ts'
import { entriesAsBytes } from './entries-as-bytes.ts'

/** A function or class that creates a store. */
type StoreFactory = ((options: object, context: StoreContext) => unknown) &
  (new (
    options: object,
    context: StoreContext,
  ) => unknown)

/** What a factory may return: one of our stores, or an adapter of a third party. */
type Candidate = Partial<ByteStore<'async'> & Store<'async'>> & {
  readonly capabilities?: Partial<Capabilities>
  on?(event: string, listener: (event: Partial<CacheEvent>) => void): unknown
}

/** A store with its capabilities. */
export interface MadeStore {
  readonly store: ByteStore<'async'>
  readonly capabilities: Capabilities
}

/** The capabilities of a store that declares none. */
const NOTHING: Capabilities = {
  atomic: false,
  listsKeys: false,
  clears: false,
  shared: false,
  locks: false,
  millisecondExpiry: false,
}

/** The events of an adapter that concern its backend rather than a key of its users. */
const BACKEND_EVENTS = ['connect', 'disconnect', 'recover', 'corruptFile', 'error'] as const

/** Loads the module of a target, and creates the store. Throws `ConfigError` if there is none. */
export async function makeStore(target: Target, context: StoreContext): Promise<MadeStore> {
  const factory = factoryOf(await exportsOf(target.module), target)
  const made = (await (isClass(factory)
    ? new factory(target.options, context)
    : factory(target.options, context))) as Candidate
  const store = byteStoreOf(made)
  if (store === undefined) {
    throw new ConfigError(
      `${target.module} did not create a store: one needs load and save, or read and write, with drop and close.`,
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

function factoryOf(exports: Record<string, unknown>, { module, name }: Target): StoreFactory {
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === 'function')
  const chosen = name ?? (functions.length === 1 ? functions[0]! : 'default')
  if (functions.includes(chosen)) return exports[chosen] as StoreFactory

  const known = functions.length === 0 ? 'no function at all' : functions.join(', ')
  throw new ConfigError(
    `The module ${module} has no function or class ${JSON.stringify(chosen)} that creates a store. It exports ${known}; choose one by \`exportName\`.`,
  )
}

// A class cannot be called; one that was compiled for old engines has methods on its prototype.
function isClass(factory: StoreFactory): boolean {
  const prototype = Object.getOwnPropertyDescriptor(factory, 'prototype')
  if (prototype === undefined) return false
  return !prototype.writable || Object.getOwnPropertyNames(prototype.value).length > 1
}

function byteStoreOf(made: Candidate): ByteStore<'async'> | undefined {
  if (typeof made?.drop !== 'function' || typeof made.close !== 'function') return undefined
  if (typeof made.load === 'function' && typeof made.save === 'function') return made as ByteStore<'async'>
  if (typeof made.read === 'function' && typeof made.write === 'function') return entriesAsBytes(made as Store<'async'>)
  return undefined
}

function capabilitiesOf({ capabilities = {} }: Candidate): Capabilities {
  const names = Object.keys(NOTHING) as (keyof Capabilities)[]
  return Object.fromEntries(names.map((name) => [name, capabilities[name] ?? NOTHING[name]])) as unknown as Capabilities
}
