import type * as ioredis from 'ioredis'
import { needed, optional } from '../../lib/core/optional-package.ts'

/** The only file that knows the package ioredis (5 or 6). Elsewhere its clients are known by their shape: see `client.ts`. */

export type { Redis, RedisOptions } from 'ioredis'

/** Throws `MissingDependency` when ioredis is not installed. */
export function checkInstalled(neededBy: string): void {
  needed('ioredis', neededBy)
}

/**
 * A client for one connection, not connected yet. It does not reconnect: neither ioredis's timers for that are in use, which
 * keep a process alive, nor its queue of commands that wait for a server that may never come back.
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

function settingsOf(options: ioredis.RedisOptions = {}, ms: number): ioredis.RedisOptions {
  const { sentinels } = options
  // A sentinel that does not answer must leave time for the next one, and for the master.
  const share = Math.ceil(ms / ((sentinels?.length ?? 0) + 1))
  return {
    connectTimeout: share,
    sentinelCommandTimeout: share,
    sentinelRetryStrategy: () => null,
    // Telling the server the name of the library would take a round trip before the first command.
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
