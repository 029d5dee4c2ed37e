import type * as ioredis from 'ioredis'
import { needed, optional } from '../../lib/core/optional-package.ts'

/** The only file that knows the package ioredis (5 or 6). Elsewhere its clients are known by their shape: see `client.ts`. */

export type { Cluster, Redis, RedisOptions } from 'ioredis'

/** A server's address. */
export interface Node {
  readonly host: string
  readonly port: number
}

/** Throws `MissingDependency` if ioredis is not installed. */
export function checkInstalled(neededBy: string): void {
  needed('ioredis', neededBy)
}

/**
 * A client for one connection, not connected yet. It does not reconnect: that would take ioredis's timers, which keep a
 * process alive, and its queue of commands that wait for a server that may never come back.
 * @param ms how long connecting may take
 */
export function newClient(
  url: string | undefined,
  options: ioredis.RedisOptions | undefined,
  ms: number,
  neededBy: string,
): ioredis.Redis {
  const { Redis } = optional<typeof ioredis>('ioredis', neededBy)
  const settings = settingsOf(options, ms)
  return url === undefined ? new Redis(settings) : new Redis(url, settings)
}

/** A client for a Cluster, not connected yet. @param ms how long a node may take to answer */
export function newCluster(
  nodes: readonly Node[],
  options: ioredis.RedisOptions | undefined,
  ms: number,
  neededBy: string,
): ioredis.Cluster {
  const { Cluster } = optional<typeof ioredis>('ioredis', neededBy)
  const { keyPrefix, ...settings } = settingsOf(options, ms)
  // A node that hangs must leave time to ask the next one.
  const share = Math.ceil(ms / 4)
  return new Cluster([...nodes], {
    lazyConnect: true,
    clusterRetryStrategy: () => null,
    slotsRefreshTimeout: share,
    ...(keyPrefix === undefined ? {} : { keyPrefix }),
    redisOptions: { ...settings, connectTimeout: ms },
  })
}

function settingsOf(options: ioredis.RedisOptions = {}, ms: number): ioredis.RedisOptions {
  const { sentinels } = options
  // A sentinel that does not answer must leave time for the next one, and for the master. Elsewhere our own deadline counts,
  // which does not take a blocked event loop for a server that is slow.
  const share = Math.ceil(ms / ((sentinels?.length ?? 0) + 1))
  return {
    connectTimeout: sentinels == null ? 0 : share,
    sentinelCommandTimeout: share,
    sentinelRetryStrategy: () => null,
    // Sending the name of the library would take a round trip before the first command.
    disableClientInfo: true,
    // It needs the right to INFO, and writes to the console where that is missing. With sentinels there is no way around it:
    // it tells a master from one that was.
    enableReadyCheck: sentinels != null,
    maxLoadingRetryTime: share,
    ...options,
    lazyConnect: true,
    // A socket is destroyed, rather than ended and waited for: its server may not answer any more.
    disconnectTimeout: 0,
    enableOfflineQueue: true,
    retryStrategy: () => null,
    autoResendUnfulfilledCommands: false,
  }
}
