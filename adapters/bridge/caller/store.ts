import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ByteStore, DescribedStore, Saving, StoreContext, VersionedWire } from '../../../lib/adapter/byte-store.ts'
import { CacheTimeout, ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import { run } from '../../../lib/core/flow.ts'
import type { CacheStatus, Capabilities, Wire } from '../../../lib/core/types.ts'
import { Health } from '../../shared/health.ts'
import { inPages, KEYS_TOGETHER, pagesOf, pagesOfSavings, sumOf } from '../../shared/settle-all.ts'
import type { OptionalVerb, Target, Verb } from '../protocol.ts'
import type { Page } from '../worker/listings.ts'
import { type Channel, join } from './channel.ts'
import { plainOptions } from './plain-options.ts'

/** The options of a bridged store. */
export interface BridgedStoreOptions {
  /**
   * The module that creates the store in the worker: its URL, or absolute path. It may be TypeScript where tsx is installed,
   * or where Node itself loads it.
   */
  module: URL | string
  /**
   * The export that creates it: a function `(options, context) => ByteStore<'async'>`, or the class of an asynchronous adapter.
   * @default the default export, or the only function that is exported
   */
  name?: string | undefined
  /** Its options: plain data, because they cross to another thread. */
  options: object
  /** The time that the store may take to answer, in ms. The caller waits a little longer, so that the store's own error comes first. */
  operationTimeout: number
}

/** The time that the caller waits longer than the store, in ms. */
const MARGIN_MS = 200

let lastListing = 0

/**
 * A synchronous store whose operations are run by an asynchronous one in a worker thread, while the calling thread waits for
 * the answer. The worker is started at first use, shared by stores with the same module and options, and never keeps the
 * process alive; when it dies or hangs, the call fails in time, and the next call starts another.
 */
export class BridgedStore implements DescribedStore<'sync'> {
  readonly #context: StoreContext
  readonly #target: Target
  readonly #limit: number
  readonly #health = new Health()
  #channel: Channel | undefined

  /** Throws `ConfigError` for options that cannot cross to another thread, and for a relative module name. */
  constructor({ module, name, options, operationTimeout }: BridgedStoreOptions, context: StoreContext) {
    const { adapter } = context
    this.#context = context
    this.#limit = operationTimeout + MARGIN_MS
    this.#target = { module: urlOf(module), name, options: plainOptions(options, adapter), adapter }
  }

  /** The capabilities of the store in the worker, which is started for that. */
  get capabilities(): Capabilities {
    return this.#open().description.capabilities
  }

  load(key: string): Wire | undefined {
    return this.#ask('load', [key]) as Wire | undefined
  }

  save(key: string, wire: Wire, ttlMs: number | null): void {
    this.#ask('save', [key, wire, ttlMs])
  }

  drop(keys: readonly string[]): number {
    const drop = (page: readonly string[]) => this.#ask('drop', [page]) as number
    return run(inPages(pagesOf(keys, KEYS_TOGETHER), drop, sumOf)) as number
  }

  loadMany(keys: readonly string[]): (Wire | undefined)[] {
    const load = (page: readonly string[]) => this.#ask('loadMany', [page]) as (Wire | undefined)[]
    if (keys.length <= KEYS_TOGETHER) return load(keys)
    return run(inPages(pagesOf(keys, KEYS_TOGETHER), load, (pages) => pages.flat())) as (Wire | undefined)[]
  }

  saveMany(savings: readonly Saving[]): void {
    run(
      inPages(
        pagesOfSavings(savings),
        (page) => this.#ask('saveMany', [page]),
        () => undefined,
      ),
    )
  }

  status(): CacheStatus {
    return this.#health.status(this.#health.isDown ? 'open' : 'closed')
  }

  connect(): void {
    this.#ask('connect', [])
  }

  ping(): void {
    this.#ask('ping', [])
  }

  get loadVersioned(): Optional<'loadVersioned'> {
    return this.#optional('loadVersioned', (key) => this.#ask('loadVersioned', [key]) as VersionedWire)
  }

  get compareAndSave(): Optional<'compareAndSave'> {
    return this.#optional('compareAndSave', (...args) => this.#ask('compareAndSave', args) as boolean)
  }

  get saveNew(): Optional<'saveNew'> {
    return this.#optional('saveNew', (savings) => {
      const save = (page: readonly Saving[]) => this.#ask('saveNew', [page]) as boolean[]
      return run(inPages(pagesOfSavings(savings), save, (pages) => pages.flat())) as boolean[]
    })
  }

  get list(): Optional<'list'> {
    return this.#optional('list', (prefix) => this.#pages(prefix))
  }

  get wipe(): Optional<'wipe'> {
    return this.#optional('wipe', (prefix) => void this.#ask('wipe', [prefix]))
  }

  get backendStats(): Optional<'backendStats'> {
    return this.#optional('backendStats', () => this.#ask('backendStats', []) as Record<string, unknown>)
  }

  close(): void {
    const channel = this.#channel
    this.#channel = undefined
    channel?.leave(this.#context, this.#limit)
  }

  *#pages(prefix: string): Generator<string, void, undefined> {
    const id = ++lastListing
    const channel = this.#open()
    // Whether the worker keeps the rest of the listing for us.
    let isOpen = false
    try {
      for (let args: unknown[] = [id, prefix]; ; args = [id]) {
        isOpen = false
        const page = this.#ask('list', args) as Page
        isOpen = !page.isLast
        yield* page.keys
        if (!isOpen) return
      }
    } finally {
      // After `close()` the listing has ended with its worker.
      if (isOpen && this.#channel === channel) this.#ask('endList', [id])
    }
  }

  #ask(verb: Verb, args: readonly unknown[]): unknown {
    try {
      const answer = this.#open().ask(this.#context, verb, args, this.#limit)
      if (!this.#health.isUp) this.#health.up()
      return answer
    } catch (error) {
      if (error instanceof CacheTimeout || error instanceof ConnectionFailed) this.#health.down(error)
      throw error
    }
  }

  #open(): Channel {
    this.#channel ??= join(this.#target, this.#context)
    return this.#channel
  }

  // Typed as if it were always there, because only the interface can say that a method may be missing.
  #optional<V extends OptionalVerb>(verb: V, call: Optional<V>): Optional<V> {
    return (this.#open().description.verbs.includes(verb) ? call : undefined) as Optional<V>
  }
}

type Optional<V extends OptionalVerb> = NonNullable<ByteStore<'sync'>[V]>

function urlOf(module: URL | string): string {
  if (module instanceof URL) return module.href
  if (isAbsolute(module)) return pathToFileURL(module).href
  if (URL.canParse(module)) return module
  throw new ConfigError(
    `The bridge cannot tell where ${JSON.stringify(module)} is. Give it the URL of the module: ` +
      `new URL('./store.js', import.meta.url), or import.meta.resolve('a-package').`,
  )
}
