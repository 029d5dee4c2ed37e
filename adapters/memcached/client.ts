import type { VersionedWire } from '../../lib/adapter/byte-store.ts'
import { ConfigError } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'

type Callback = (error: unknown, answer: unknown) => void

/** The part of a client of the package `memcached` that is used here. Anything of this shape will do. */
export interface MemcachedClient {
  gets(key: string, callback: Callback): void
  set(key: string, value: string | Buffer, ttl: number, callback: Callback): void
  add(key: string, value: string | Buffer, ttl: number, callback: Callback): void
  cas(key: string, value: string | Buffer, version: string, ttl: number, callback: Callback): void
  del(key: string, callback: Callback): void
  version(callback: Callback): void
  /** What its servers say about themselves. */
  stats?(callback: Callback): void
  /** Lets its connections go; the next command opens others. */
  end(): void
  /** Its servers, if it tells them. */
  readonly servers?: readonly string[] | undefined
  /** Tells which of several servers has a key. */
  readonly HashRing?: { get(key: string): string | undefined } | undefined
}

/** Where a client comes from. */
export interface ClientSource {
  /** The servers of the client. */
  readonly servers: string
  /** Whether it is ours to end, and to replace when it failed. */
  readonly isOurs: boolean
  client(): MemcachedClient
}

const VERBS = ['gets', 'set', 'add', 'cas', 'del', 'version', 'end'] as const

/** The client that was handed in. Throws `ConfigError` when it is none. */
export function handedIn(client: MemcachedClient): ClientSource {
  const missing = VERBS.find((verb) => typeof client[verb] !== 'function')
  if (missing !== undefined) {
    throw new ConfigError(`client must be one of the package "memcached" or of its shape: it has no ${missing}().`)
  }
  return { servers: `${client.servers}`, isOurs: false, client: () => client }
}

/** Gives a client a command about a stored key. */
export type Send = (client: MemcachedClient, key: string, callback: Callback) => void
/** What the answer means; throws when it means nothing here. */
export type Read<T> = (answer: unknown, key: string) => T

/** A command that is done only in the state that a mark names. */
export function conditional(version: unknown, value: string | Buffer, ttl: number): Send {
  if (version === undefined) return (client, at, done) => client.add(at, value, ttl, done)
  return (client, at, done) => client.cas(at, value, version as string, ttl, done)
}

/** The package gives errors of many shapes; that an item was not stored under a condition is none. */
export function failed(error: unknown): boolean {
  return error !== undefined && error !== null && (error as { notStored?: boolean }).notStored !== true
}

/** Text keeps itself if the package leaves it alone; the rest goes as a Buffer, which it marks, and gives back as it was. */
export function payloadOf(wire: Wire): string | Buffer {
  if (typeof wire !== 'string') return Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
  return /[\r\n]/.test(wire) ? Buffer.from(wire) : wire
}

/** As many bytes as the package sends: it writes a byte of a Buffer as a character of UTF-8, and escapes line ends. */
export function lengthOf(payload: string | Buffer): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload)
  return payload.reduce((length, byte) => length + (byte > 127 || byte === 10 || byte === 13 ? 2 : 1), 0)
}

/** What `gets` found: it names the key in its answer, which `get` does not. */
export function versioned(answer: unknown, key: string): VersionedWire {
  if (answer === undefined) return { wire: undefined, version: undefined }
  if (typeof answer !== 'object' || answer === null || !Object.hasOwn(answer, key)) throw new Error(ANOTHER)
  const { [key]: value, cas } = answer as Record<string, unknown>
  // What is neither text nor bytes was not written here.
  const wire = typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)
  return { wire, version: cas }
}

/** That `set` was done. */
export function stored(answer: unknown): void {
  if (answer !== true) throw new Error('it did not store the value')
}

/** Whether something was done that depends on what is there. */
export function isDone(answer: unknown): boolean {
  if (typeof answer !== 'boolean') throw new Error(ANOTHER)
  return answer
}

const ANOTHER = 'it gave an answer to another question'
