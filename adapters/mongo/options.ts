import { ConfigError } from '../../lib/core/errors.ts'
import { nameOfInstance } from '../../lib/core/instances.ts'
import type { Timeout } from '../../lib/core/types.ts'
import { redact } from '../shared/redact.ts'
import type { MongoClient } from './client.ts'
import type { MongoClientOptions } from './mongodb.ts'

/** How to reach MongoDB. */
export interface MongoStoreOptions {
  /**
   * Where the server is: `mongodb://user:password@host:port/database`, several hosts with commas, or `mongodb+srv://`.
   * @default 'mongodb://127.0.0.1:27017'
   */
  url?: string | undefined
  /**
   * A ready `MongoClient` of the package mongodb, or anything of that shape, in place of `url` and `options`. It stays the
   * caller's: it is never closed here. For `AsyncMongoCache` only, as it cannot cross to a thread.
   */
  client?: MongoClient | undefined
  /** Options for the `MongoClient`: `tls`, `auth`, `replicaSet`, and so on. `timeoutMS` has no effect. */
  options?: MongoClientOptions | undefined
  /** The database. @default the one in the path of the URL, or of the client's URL, else 'polycache' */
  database?: string | undefined
  /** The collection. Two collections are two stores. @default 'cache' */
  collection?: string | undefined
  /** How long connecting and every operation may take: seconds, or text with a unit. @default '2s' */
  operationTimeout?: Timeout | undefined
}

/** Where the documents are. */
export interface Place {
  readonly database: string
  readonly collection: string
}

const DEFAULT_URL = 'mongodb://127.0.0.1:27017'
const URL_PARTS = /^(mongodb(?:\+srv)?:\/\/)(?:[^@/]*@)?([^@/?#\s]+)(?:\/([^@/?]*))?(?:\?.*)?$/s

/** The database of a client whose URL names none. */
const DRIVERS_DEFAULT = 'test'

/** The URL for the driver. Throws `ConfigError` for text that is not a MongoDB URL. */
export function urlOf({ url = DEFAULT_URL }: MongoStoreOptions): string {
  if (URL_PARTS.test(url)) return url
  throw new ConfigError(
    `${JSON.stringify(redact(url))} is not a MongoDB URL. One looks like mongodb://user:password@host:27017/database ` +
      '(mongodb+srv:// for hosts that DNS names); percent-encode what is not a letter or digit in user and password.',
  )
}

/** Where the documents are. Throws `ConfigError` for names that MongoDB does not take. */
export function placeOf(options: MongoStoreOptions): Place {
  const { database = databaseNamed(options) ?? 'polycache', collection = 'cache' } = options
  if (database === '' || /[/\\. "$*<>:|?\0]/.test(database) || Buffer.byteLength(database) > 63) {
    throw new ConfigError(
      `${JSON.stringify(database)} cannot be the name of a MongoDB database: it is empty, longer than 63 bytes, or has a ` +
        'dot, a space or one of / \\ " $ * < > : | ? in it.',
    )
  }
  if (collection === '' || /[$\0]|^system\.|^\.|\.$/.test(collection)) {
    throw new ConfigError(
      `${JSON.stringify(collection)} cannot be the name of a MongoDB collection: it is empty, begins with "system.", ` +
        'begins or ends with a dot, or has a $ in it.',
    )
  }
  return { database, collection }
}

/** What names the collection in this process: caches over the same one share their loads. */
export function identityOf(options: MongoStoreOptions): string {
  const { client } = options
  const { database, collection } = placeOf(options)
  const where = client === undefined ? hostsOf(urlOf(options)) : nameOfInstance(client)
  return `mongodb ${where} ${database} ${collection}`
}

/** Throws `ConfigError` for a client that is not one of mongodb. */
export function checkClient({ client }: MongoStoreOptions): void {
  if (typeof client?.db === 'function') return
  throw new ConfigError('`client` is not a MongoClient instance of mongodb. Pass one, or use `url`.')
}

/** The name of the server, for messages: its address, without a user, password or settings. */
export function nameOf(options: MongoStoreOptions): string {
  if (options.client !== undefined) return 'The MongoDB client that was handed in'
  const [, scheme, hosts] = URL_PARTS.exec(urlOf(options)) as unknown as [string, string, string]
  return `MongoDB at ${scheme}${hosts}`
}

/** The hosts of a URL, with their ports, in one order. */
function hostsOf(url: string): string {
  const [, scheme, hosts] = URL_PARTS.exec(url) as unknown as [string, string, string]
  const isNamedByDns = scheme.includes('+srv')
  const whole = (host: string): string => {
    const spelled = host.toLowerCase().replace(/^localhost(?=:|$)/, '127.0.0.1')
    return isNamedByDns || /:\d+$/.test(spelled) ? spelled : `${spelled}:27017`
  }
  return hosts.split(',').map(whole).sort().join(',')
}

function databaseNamed({ url, client }: MongoStoreOptions): string | undefined {
  if (client !== undefined) return client.options?.dbName === DRIVERS_DEFAULT ? undefined : client.options?.dbName
  const path = URL_PARTS.exec(url ?? '')?.[3]
  return path === undefined || path === '' ? undefined : decoded(path)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
