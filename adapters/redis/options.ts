import { ConfigError } from '../../lib/core/errors.ts'
import type { Timeout } from '../../lib/core/types.ts'
import type { RedisClient } from './client.ts'
import type { RedisOptions } from './ioredis.ts'

/** How to reach Redis. */
export interface RedisStoreOptions {
  /**
   * Where the server is: `redis://user:password@host:port/db`, `rediss://` for TLS, or the path of a Unix socket. What it
   * says goes before `options`.
   * @default 'redis://127.0.0.1:6379', unless `options` say where
   */
  url?: string | undefined
  /**
   * A ready ioredis `Redis` or `Cluster`, or anything of that shape, in place of `url` and `options`. It stays the caller's:
   * it is never closed, reconnected or set up here, and its 'error' events are the caller's to hear.
   */
  client?: RedisClient | undefined
  /**
   * Options for ioredis: `tls`, `username`, `sentinels` with `name`, and so on. Reconnecting is done here, as soon as it is
   * needed; so `retryStrategy`, `lazyConnect` and `enableOfflineQueue` have no effect.
   */
  options?: RedisOptions | undefined
  /** How long connecting and every operation may take: seconds, or text with a unit. @default '2s' */
  operationTimeout?: Timeout | undefined
}

const DEFAULT_URL = 'redis://127.0.0.1:6379'

/** Throws `ConfigError` when a client was handed in that is none of ioredis. */
export function checkClient({ client }: RedisStoreOptions): void {
  if (client === undefined || typeof client?.getBuffer === 'function') return
  throw new ConfigError(
    'The `client` that was handed in is no Redis or Cluster of ioredis. Hand in one, or give a `url`.',
  )
}

/** The URL to give to ioredis, or `undefined` when the options alone say where the server is. Throws `ConfigError` for one that is none. */
export function urlOf({ url, options }: RedisStoreOptions): string | undefined {
  if (url === undefined) {
    return options?.host || options?.port || options?.path || options?.sentinels ? undefined : DEFAULT_URL
  }
  if (!url.startsWith('/')) check(url)
  return url
}

/** What errors call the server: its address, without a user or password. */
export function nameOf(given: RedisStoreOptions): string {
  const { client, options } = given
  if (client !== undefined) return 'The Redis client that was handed in'
  const url = urlOf(given)
  if (options?.sentinels) return `The Redis master ${JSON.stringify(options.name)} that the sentinels name`
  if (url === undefined)
    return `Redis at ${options?.path ?? `${options?.host ?? 'localhost'}:${options?.port ?? 6379}`}`
  if (url.startsWith('/')) return `Redis at ${url.replace(/\?.*/s, '')}`

  const { protocol, host, pathname } = new URL(url)
  return `Redis at ${protocol}//${host}${pathname}`
}

function check(url: string): void {
  try {
    const { protocol, hostname, username, password, pathname } = new URL(url)
    // ioredis decodes these without looking, and takes a database that is no number for NaN.
    decodeURIComponent(username + password)
    if (/^rediss?:$/.test(protocol) && hostname !== '' && /^\/?\d*$/.test(pathname)) return
  } catch {
    // The error of the URL is left out because it quotes the password.
  }
  throw new ConfigError(
    `${JSON.stringify(withoutSecrets(url))} is no URL of Redis. One looks like redis://user:password@host:6379/0 ` +
      '(rediss:// for TLS); what is not a letter or digit in user and password is percent-encoded.',
  )
}

/** Even of text that cannot be parsed: nothing before an @, nor after a colon what is no port, nor parameters. */
function withoutSecrets(url: string): string {
  const address = url.replace(/^([a-z]*:\/\/)?.*@/is, '$1***@').replace(/\?.*/s, '')
  return address.replace(/(?<!^[a-z]*):(?!\d*(\/|$)).*/is, ':***')
}
