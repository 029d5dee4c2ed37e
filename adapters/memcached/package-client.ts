import type { VersionedWire } from '../../lib/adapter/byte-store.ts'
import { ConfigError } from '../../lib/core/errors.ts'
import { optional } from '../../lib/core/optional-package.ts'
import type { Wire } from '../../lib/core/types.ts'
import type { Server } from './servers.ts'

type Callback = (error: unknown, answer: unknown) => void

/** The part of a client of the package `memcached` that is used here. Anything of this shape will do. */
export interface MemcachedClient {
  gets(key: string, callback: Callback): void
  set(key: string, value: string | Buffer, ttl: number, callback: Callback): void
  add(key: string, value: string | Buffer, ttl: number, callback: Callback): void
  cas(key: string, value: string | Buffer, version: string, ttl: number, callback: Callback): void
  del(key: string, callback: Callback): void
  version(callback: Callback): void
  /** The statistics of its servers. */
  stats?(callback: Callback): void
  /** Closes its connections; the next command opens others. */
  end(): void
  /** Its servers, if it names them. */
  readonly servers?: readonly string[] | undefined
  /** A prefix that it adds to every key. */
  readonly namespace?: string | undefined
  /** Chooses the server of a key. */
  readonly HashRing?: { get(key: string): string | undefined } | undefined
}

/** Provides a client. */
export interface ClientSource {
  /** The servers of the client. */
  readonly servers: string
  /** Whether it is ours to close, and to replace when it fails. */
  readonly isOurs: boolean
  client(): MemcachedClient
}

const VERBS = ['gets', 'set', 'add', 'cas', 'del', 'version', 'end'] as const

/** The client that the user passed. Throws `ConfigError` if it lacks a method. */
export function givenClient(client: MemcachedClient): ClientSource {
  const missing = VERBS.find((verb) => typeof client[verb] !== 'function')
  if (missing !== undefined) {
    throw new ConfigError(`\`client\` is not a client of the package "memcached": it has no ${missing}().`)
  }
  return { servers: `${client.servers}`, isOurs: false, client: () => client }
}

type Memcached = new (server: string, options: object) => MemcachedClient

/** A burst at the start finds the pool full of connections that are being opened, and has to wait for them a little. */
const PATIENT = { timeout: 1000, retries: 2, minTimeout: 50, maxTimeout: 500, randomize: false }

/**
 * By default the package counts failures with timers that keep the process alive, for five hours at worst, and then spawns
 * `ping`. With these options a client gives its server up at the first failure, and is replaced by another.
 */
const GIVES_UP = { failures: 0, remove: true }

/** Clients of the package `memcached` for one server. Nothing connects yet. Throws `MissingDependency`. */
export function packageClients(server: Server, options: object, neededBy: string): ClientSource {
  if (server.login !== undefined || server.tls !== undefined) {
    throw new ConfigError('The package "memcached" knows neither logins nor TLS. Leave the option `options` out.')
  }
  const Client = optional<Memcached>('memcached', neededBy)
  const client = () => new Client(server.name, { ...PATIENT, ...options, ...GIVES_UP })
  return { servers: server.name, isOurs: true, client }
}

/** Gives a client a command about a stored key. */
export type Send = (client: MemcachedClient, key: string, callback: Callback) => void
/** Reads an answer; throws if it makes no sense for the command. */
export type Read<T> = (answer: unknown, key: string) => T

export const gets: Send = (client, key, callback) => client.gets(key, callback)

export function set(payload: string | Buffer, ttl: number): Send {
  return (client, key, callback) => client.set(key, payload, ttl, callback)
}

/** A command that is done only in the state that a version names. */
export function conditional(version: unknown, value: string | Buffer, ttl: number): Send {
  if (version === undefined) return (client, key, callback) => client.add(key, value, ttl, callback)
  return (client, key, callback) => client.cas(key, value, version as string, ttl, callback)
}

/** Whether a command failed. The package also reports by an error that a condition was not met, which is an answer. */
export function failed(error: unknown): boolean {
  return error !== undefined && error !== null && (error as { notStored?: boolean }).notStored !== true
}

/** The form in which the package keeps a value intact: text without line ends, or a Buffer, which it marks. */
export function payloadOf(wire: Wire): string | Buffer {
  if (typeof wire !== 'string') return Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
  return /[\r\n]/.test(wire) ? Buffer.from(wire) : wire
}

/** How many bytes the package sends: it writes a byte of a Buffer as a character of UTF-8, and escapes line ends. */
export function lengthOf(payload: string | Buffer): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload)
  return payload.reduce((length, byte) => length + (byte > 127 || byte === 10 || byte === 13 ? 2 : 1), 0)
}

/** Reads the answer to `gets`, which names its key; the one to `get` does not. */
export function versioned(answer: unknown, key: string): VersionedWire {
  if (answer === undefined) return { wire: undefined, version: undefined }
  if (typeof answer !== 'object' || answer === null || !Object.hasOwn(answer, key)) throw new Error(WRONG_ANSWER)
  const { [key]: value, cas } = answer as Record<string, unknown>
  // A value that is neither text nor bytes was not written here.
  const wire = typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)
  return { wire, version: cas }
}

/** Reads the answer to `set`. */
export function stored(answer: unknown): void {
  if (answer !== true) throw new Error('it did not store the value')
}

/** Reads whether a conditional command or a removal was done. */
export function isDone(answer: unknown): boolean {
  if (typeof answer !== 'boolean') throw new Error(WRONG_ANSWER)
  return answer
}

const WRONG_ANSWER = 'it answered another question'
