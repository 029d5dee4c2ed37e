import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import type { MemcachedClient } from '../../../adapters/memcached/package-client.ts'
import { MemcachedStore, type MemcachedStoreOptions } from '../../../adapters/memcached/store.ts'
import type { Wire } from '../../../lib/core/types.ts'
import { ask } from '../../support/server.ts'

/** Helpers of the memcached specs. */

/** A store with a prefix of its own, and the events that it emitted. */
export interface Opened {
  readonly store: MemcachedStore
  readonly prefix: string
  readonly events: string[]
}

export type Options = MemcachedStoreOptions & { prefix?: string }

const opened: MemcachedStore[] = []
const clients: MemcachedClient[] = []

type Memcached = new (servers: string | string[], options?: object) => MemcachedClient

interface IssueLog {
  failed: boolean
  isScheduledToReconnect: boolean
  attemptReconnect(): void
}

const require = createRequire(import.meta.url)

// The package has `ping` spawned to see whether a server is back. Here, it always is: there may be no ping on this machine.
const { IssueLog } = require('memcached/lib/connection.js') as { IssueLog: { prototype: IssueLog } }
IssueLog.prototype.attemptReconnect = function () {
  this.failed = this.isScheduledToReconnect = false
}

/** A client of the package `memcached`, to be ended by `closeAll`. */
export function client(ports: number | readonly number[], options?: object): MemcachedClient {
  const Client = require('memcached') as Memcached
  const made = new Client(
    [ports].flat().map((port) => `127.0.0.1:${port}`),
    options,
  )
  clients.push(made)
  return made
}

/** Opens a store, to be closed by `closeAll`. */
export function open(servers: { port: number } | readonly { port: number }[], options: Options = {}): Opened {
  const prefix = options.prefix ?? `${randomUUID()}:`
  const events: string[] = []
  const context = { adapter: 'AsyncMemcachedCache', emit: (event: string) => void events.push(event) }
  const places = [servers].flat().map(({ port }) => `127.0.0.1:${port}`)
  const store = new MemcachedStore({ servers: places, ...options, prefix }, context)
  opened.push(store)
  return { store, prefix, events }
}

export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((store) => store.close()))
  for (const client of clients.splice(0)) client.end()
}

/** A stored form as text. */
export function text(wire: Wire | undefined): string | undefined {
  return wire === undefined || typeof wire === 'string' ? wire : Buffer.from(wire).toString()
}

/** The error that a promise is rejected with, and how long it took, in ms. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<{ error: Error & { code?: string }; took: number }> {
  const began = performance.now()
  try {
    await promise
  } catch (error) {
    return { error: error as Error, took: performance.now() - began }
  }
  throw new Error('It did not fail.')
}

/** Tries until it works, for at most `limit` ms, and returns how long that took. */
export async function recovery(attempt: () => Promise<unknown>, limit = 10_000): Promise<number> {
  const began = performance.now()
  for (;;) {
    try {
      await attempt()
      return performance.now() - began
    } catch (error) {
      if (performance.now() - began > limit) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** Sends text to a server, past the store, and returns the first reply. */
export function raw({ port }: { port: number }, said: string): Promise<string> {
  return ask(port, said)
}

/** How a server keeps a plain key of a store: with the generation of its prefix. */
export async function storedKey(server: { port: number }, prefix: string, name: string): Promise<string> {
  const [, generation] = /\r\n(.*)\r\n/.exec(await raw(server, `get ${prefix}@generation\r\n`)) ?? []
  return `${prefix}${name}@${generation}`
}

/** Calls every verb of a store, and returns the errors. */
export async function everyFailure({ store, prefix }: Opened): Promise<Error[]> {
  const attempts = [
    store.load(`${prefix}a`),
    store.save(`${prefix}a`, 'x', null),
    store.drop([`${prefix}a`]),
    store.loadMany([`${prefix}a`, `${prefix}b`]),
    store.saveMany([[`${prefix}a`, 'x', null]]),
    store.loadVersioned(`${prefix}a`),
    store.compareAndSave(`${prefix}a`, '1', 'x', null),
    store.compareAndSave(`${prefix}a`, undefined, undefined, null),
    store.wipe(prefix),
    store.ping(),
    store.connect(),
  ]
  return (await Promise.all(attempts.map(failureOf))).map(({ error }) => error)
}

/** The time that a busy machine may add to a deadline, in ms. */
export const GRACE = 1000

export const save = ({ store, prefix }: Opened, name: string, wire: Wire = name): Promise<void> =>
  store.save(prefix + name, wire, 60_000)

export const load = async ({ store, prefix }: Opened, name: string): Promise<string | undefined> =>
  text(await store.load(prefix + name))
