import { bufferOver } from '../../lib/coder/bytes.ts'
import type { Wire } from '../../lib/core/types.ts'

/** Structural types for the parts of an ioredis client that are used here. Any object of these shapes will do. */

/** A Redis key or value as it is sent. */
export type Argument = string | Buffer

/** A stored form as an argument: ioredis writes other arrays than Buffers as lists of numbers. */
export function argumentOf(wire: Wire): Argument {
  return typeof wire === 'string' ? wire : bufferOver(wire)
}

/** A socket whose writes can be held back until all of a tick are there. */
export interface CorkableStream {
  cork(): void
  uncork(): void
}

/** The part of an ioredis client that the store uses: a `Redis`, or with `nodes` a `Cluster`. */
export interface RedisClient {
  /** `'ready'` when it is connected. */
  readonly status?: string | undefined
  readonly options?: { readonly keyPrefix?: string | undefined; readonly redisOptions?: object | undefined } | undefined
  /** What the connection has been set to: its database, after `select()`. */
  readonly condition?: { readonly select?: number | undefined } | null | undefined
  readonly stream?: CorkableStream | undefined
  /** Of a Cluster: for each slot the nodes that serve it, the master first. */
  readonly slots?: readonly (readonly string[])[] | undefined
  /** Of a Cluster: the nodes that it knows. */
  nodes?(role?: 'master' | 'all'): RedisClient[]
  /** Of a Cluster: asks the nodes which of them serves which slots. */
  refreshSlotsCache?(): void

  getBuffer(key: string): Promise<Buffer | null>
  mgetBuffer(keys: string[]): Promise<(Buffer | null)[]>
  set(key: string, value: Argument): Promise<'OK'>
  set(key: string, value: Argument, nx: 'NX'): Promise<'OK' | null>
  set(key: string, value: Argument, px: 'PX', ms: number): Promise<'OK'>
  set(key: string, value: Argument, px: 'PX', ms: number, nx: 'NX'): Promise<'OK' | null>
  del(keys: Argument[]): Promise<number>
  unlink(keys: Argument[]): Promise<number>
  eval(script: string, keyCount: number, ...keysAndArguments: Argument[]): Promise<unknown>
  evalsha(sha: string, keyCount: number, ...keysAndArguments: Argument[]): Promise<unknown>
  scanBuffer(
    cursor: string,
    match: 'MATCH',
    pattern: string,
    count: 'COUNT',
    size: number,
  ): Promise<[cursor: Buffer, keys: Buffer[]]>
  ping(): Promise<string>
  /** The server's report about itself. */
  info?(): Promise<string>
}

/** Whether a client is a Cluster: then each key has its own node, and no command may name keys of several slots. */
export function isCluster(client: RedisClient): client is RedisClient & Required<Pick<RedisClient, 'nodes'>> {
  return client.nodes !== undefined
}

/** The clients behind a client: the nodes of a Cluster, else the client itself. */
export function nodesOf(client: RedisClient): readonly RedisClient[] {
  return isCluster(client) ? client.nodes('all') : [client]
}
