import type { Wire } from '../../lib/core/types.ts'

/**
 * The parts of ioredis that are used here, as shapes: a ready client of any version, build or fake will do that has them.
 */

/** What a Redis key or value is sent as. */
export type Argument = string | Buffer

/** A stored form as an argument: ioredis writes other arrays than Buffers as lists of numbers. */
export function argumentOf(wire: Wire): Argument {
  if (typeof wire === 'string' || Buffer.isBuffer(wire)) return wire
  return Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
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
  readonly options?: { readonly keyPrefix?: string | undefined } | undefined
  readonly stream?: CorkableStream | undefined
  /** Of a Cluster: for each slot the nodes that serve it, the master first. */
  readonly slots?: readonly (readonly string[])[] | undefined
  /** Of a Cluster: the nodes that it knows. */
  nodes?(role?: 'master' | 'all'): RedisClient[]

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
  /** What the server says about itself. */
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

/** The clients that hold all the keys between them: the masters of a Cluster, else the client itself. */
export async function mastersOf(client: RedisClient): Promise<readonly RedisClient[]> {
  if (!isCluster(client)) return [client]
  // A Cluster knows its nodes once it has been connected.
  await client.ping()
  const masters = client.nodes('master')
  const missing = new Set(client.slots?.flatMap(([master]) => master ?? [])).size - masters.length
  if (missing > 0) throw new Error(`${missing} of the masters of the cluster are out of reach`)
  return masters
}
