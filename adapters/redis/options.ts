import { ConfigError } from '../../lib/core/errors.ts'
import { nameOfInstance } from '../../lib/core/instances.ts'
import type { Timeout } from '../../lib/core/types.ts'
import { redact } from '../shared/redact.ts'
import { isCluster, type RedisClient } from './client.ts'
import type { Node, RedisOptions } from './ioredis.ts'

/** How to reach Redis. */
export interface RedisStoreOptions {
  /**
   * Where the server is: `redis://user:password@host:port/db`, `rediss://` for TLS, `unix:///path/to/socket?db=1` or just
   * the path of a Unix socket, `redis+cluster://host:port,host:port` (or `rediss+cluster://`) for a Cluster. It takes
   * precedence over `options`.
   * @default 'redis://127.0.0.1:6379', unless `options` say where
   */
  url?: string | undefined
  /** Whether the server is a node of a Redis Cluster, whose other nodes it names. @default false, except for `redis+cluster://` */
  cluster?: boolean | undefined
  /**
   * A ready ioredis `Redis` or `Cluster`, or anything of that shape, in place of `url` and `options`. It stays the caller's:
   * it is never closed, reconnected or set up here, and its 'error' events are the caller's to handle. Its `keyPrefix` and
   * its database hold.
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

/** The names of the options above, for adapters that check theirs. */
export const REDIS_OPTIONS = [
  'url',
  'cluster',
  'client',
  'options',
  'operationTimeout',
] as const satisfies readonly (keyof RedisStoreOptions)[]

/** Where Redis is, resolved: what was left out is filled in, and different spellings are one. */
export interface RedisAddress {
  /** What names the keys in this process: caches over equal ones share their loads. */
  readonly identity: string
  /** The name of the server, for messages: without a user or password. */
  readonly name: string
  /** The URL for ioredis, if one was given. */
  readonly url: string | undefined
  readonly options: RedisOptions
  /** The nodes to start from, if it is a Cluster. */
  readonly nodes: readonly Node[] | undefined
}

const DEFAULT_URL = 'redis://127.0.0.1:6379'
const DEFAULT_PORT = 6379
const URL_PARTS = /^(rediss?)(\+cluster)?:\/\/(?:([^@/]*)@)?([^@/?#\s]+)(?:\/([^?]*))?(\?.*)?$/s
const UNIX_URL = /^unix:\/\/(?:([^@/]*)@)?(\/[^?]+)(\?.*)?$/s

/** Resolves where Redis is. Throws `ConfigError` for a URL that is none, or a client that is not one of ioredis. */
export function addressOf(given: RedisStoreOptions): RedisAddress {
  const { client, url, options = {}, cluster } = given
  if (client !== undefined) return ofClient(client)
  if (options.sentinels) return ofSentinels(options, url)
  if (url === undefined && cluster) return ofCluster(nodesFrom(options), options)
  if (url === undefined)
    return options.host || options.port || options.path ? ofOptions(options) : ofUrl(DEFAULT_URL, options)
  if (url.startsWith('/')) return ofOptions({ ...options, ...ofSocket(url, '', url) })

  const unix = UNIX_URL.exec(url)
  if (unix !== null) return ofOptions({ ...options, ...ofSocket(unix[2]! + (unix[3] ?? ''), unix[1] ?? '', url) })
  const [, scheme, plus, login = '', hosts, db = ''] = URL_PARTS.exec(url) ?? refuse(url)
  if (cluster || plus !== undefined) {
    if (db !== '' && db !== '0')
      throw new ConfigError('A Redis Cluster has the database 0 only. Leave it out of the URL.')
    const tls = scheme === 'rediss' ? { tls: options.tls ?? {} } : {}
    return ofCluster(
      hosts!.split(',').map((host) => nodeOf(host, url)),
      { ...options, ...loginOf(login, url), ...tls },
    )
  }
  return ofUrl(url, options)
}

function ofOptions(options: RedisOptions): RedisAddress {
  const { path, host = path ? undefined : 'localhost', port = DEFAULT_PORT, db = 0 } = options
  const identity = identityOf(path ?? `${loopback(host!)}:${port}`, db, options)
  return { identity, name: `Redis at ${path ?? `${host}:${port}`}`, url: undefined, options, nodes: undefined }
}

function ofUrl(url: string, options: RedisOptions): RedisAddress {
  const { protocol, hostname, host, port, pathname, username, password, searchParams } = parsed(url)
  // ioredis decodes these without looking, and takes a database that is no number for NaN.
  if (!isDecodable(username + password) || hostname === '' || !/^\/?\d*$/.test(pathname)) refuse(url)
  const db = pathname.slice(1) || searchParams.get('db') || options.db || 0
  const keyPrefix = searchParams.get('keyPrefix') ?? options.keyPrefix
  return {
    identity: identityOf(`${loopback(hostname)}:${port || DEFAULT_PORT}`, Number(db), { keyPrefix }),
    name: `Redis at ${protocol}//${host}${pathname}`,
    url,
    options,
    nodes: undefined,
  }
}

function ofSentinels(options: RedisOptions, url: string | undefined): RedisAddress {
  if (url !== undefined) parsed(url)
  const name = `The Redis master ${JSON.stringify(options.name)} that the sentinels name`
  const identity = identityOf(
    `sentinels ${nodeList(options.sentinels ?? [])} ${options.name}`,
    options.db ?? 0,
    options,
  )
  return { identity, name, url, options, nodes: undefined }
}

function ofCluster(nodes: readonly Node[], options: RedisOptions): RedisAddress {
  const { host: _, port: __, path: ___, ...rest } = options
  const list = nodeList(nodes)
  return {
    identity: identityOf(`cluster ${list}`, 0, options),
    name: `The Redis Cluster at ${list}`,
    url: undefined,
    options: rest,
    nodes,
  }
}

function ofClient(client: RedisClient): RedisAddress {
  if (typeof client?.getBuffer !== 'function') {
    throw new ConfigError('`client` is not an ioredis Redis or Cluster instance. Pass one, or use `url`.')
  }
  const settings = isCluster(client) ? undefined : settingsOf(client)
  const identity =
    settings === undefined ? `redis client ${nameOfInstance(client)}` : addressOf({ options: settings }).identity
  return { identity, name: 'The Redis client that was handed in', url: undefined, options: {}, nodes: undefined }
}

/** The settings of a client that say where its server is, how to log in, and which keys are meant. */
const TAKEN_OVER: ReadonlySet<string> = new Set([
  'host',
  'port',
  'path',
  'family',
  'username',
  'password',
  'tls',
  'sentinels',
  'name',
  'role',
  'sentinelUsername',
  'sentinelPassword',
  'sentinelTLS',
  'enableTLSForSentinelMode',
  'natMap',
  'keyPrefix',
])

/** The settings of the caller's client, for a connection of our own to the same keys; `undefined` if it does not say where it is. */
export function settingsOf(client: RedisClient): RedisOptions | undefined {
  const options = (client.options ?? {}) as RedisOptions
  if (!('host' in options || 'path' in options || 'sentinels' in options)) return undefined
  const taken = Object.entries(options).filter(([name, value]) => TAKEN_OVER.has(name) && value != null)
  // `select()` changes the database of a client, and not its options.
  return { ...Object.fromEntries(taken), db: client.condition?.select ?? options.db ?? 0 }
}

/** How to reach the servers of the caller's client from another thread. Throws `ConfigError` if it does not say. */
export function optionsOfClient(client: RedisClient): RedisStoreOptions {
  if (isCluster(client) && 'startupNodes' in client && Array.isArray(client.startupNodes)) {
    const { keyPrefix, redisOptions = {} } = client.options ?? {}
    const first = client.startupNodes.map((node) => nodeOf(node, 'cluster'))
    const { host, port } = first[0]!
    const login = Object.entries(redisOptions).filter(([name, value]) => TAKEN_OVER.has(name) && value != null)
    const hosts = first.map((node) => `${bracketed(node.host)}:${node.port}`).join(',')
    return {
      url: `redis+cluster://${hosts}`,
      options: { ...Object.fromEntries(login), ...(keyPrefix ? { keyPrefix } : {}), host, port },
    }
  }
  const options = isCluster(client) ? undefined : settingsOf(client)
  if (options !== undefined) return { options }
  throw new ConfigError(
    'RedisCache runs in a worker thread, and this client does not say where its server is. Give it a url, or use AsyncRedisCache with asyncCached.',
  )
}

function identityOf(where: string, db: number, { keyPrefix = '' }: { keyPrefix?: string | undefined }): string {
  return `redis ${where}/${db} ${keyPrefix}`
}

const loopback = (host: string): string => (host === 'localhost' ? '127.0.0.1' : host.toLowerCase())

function nodesFrom({ host = '127.0.0.1', port = DEFAULT_PORT }: RedisOptions): Node[] {
  return [{ host, port }]
}

function nodeOf(text: unknown, url: string): Node {
  if (typeof text === 'number') return { host: '127.0.0.1', port: text }
  if (typeof text === 'object' && text !== null) {
    const { host = '127.0.0.1', port = DEFAULT_PORT } = text as Partial<Node>
    return { host, port: Number(port) }
  }
  const { hostname, port } = parsed(String(text).includes('://') ? String(text) : `redis://${text}`, url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || DEFAULT_PORT) }
}

function nodeList(
  nodes: readonly { readonly host?: string | undefined; readonly port?: number | undefined }[],
): string {
  return nodes
    .map(({ host = '127.0.0.1', port = DEFAULT_PORT }) => `${bracketed(host)}:${port}`)
    .sort()
    .join(',')
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

function ofSocket(text: string, login: string, url: string): RedisOptions {
  const [path, query = ''] = text.split('?', 2) as [string, string?]
  const db = new URLSearchParams(query).get('db')
  if (db !== null && !/^\d+$/.test(db)) refuse(url)
  return { path, ...(db === null ? {} : { db: Number(db) }), ...loginOf(login, url) }
}

function loginOf(login: string, url: string): RedisOptions {
  if (login === '') return {}
  if (!isDecodable(login)) refuse(url)
  const colon = login.indexOf(':')
  const [username, password] = colon === -1 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)]
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

// The error of the parser is left out because it quotes the password.
function parsed(url: string, shown = url): URL {
  return URL.canParse(url) ? new URL(url) : refuse(shown)
}

function refuse(url: string): never {
  throw new ConfigError(
    `${JSON.stringify(redact(url))} is not a Redis URL. One looks like redis://user:password@host:6379/0 (rediss:// for TLS, ` +
      'redis+cluster://host:port,host:port for a Cluster, unix:///path for a socket); percent-encode what is not a letter or ' +
      'digit in user and password.',
  )
}
