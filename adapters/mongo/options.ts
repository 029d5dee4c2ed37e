import { ConfigError } from '../../lib/core/errors.ts'
import type { Timeout } from '../../lib/core/types.ts'
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

/** The URL to give to the driver. Throws `ConfigError` for one that is none, or whose database has no legal name. */
export function urlOf({ url = DEFAULT_URL }: MongoStoreOptions): string {
  if (URL_PARTS.test(url)) return url
  throw new ConfigError(
    `${JSON.stringify(withoutSecrets(url))} is no URL of MongoDB. One looks like mongodb://user:password@host:27017/database ` +
      '(mongodb+srv:// for hosts that DNS names); what is not a letter or digit in user and password is percent-encoded.',
  )
}

/** Which documents are meant. Throws `ConfigError` for names that MongoDB does not take. */
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

/** Throws `ConfigError` when a client was handed in that is none of mongodb. */
export function checkClient({ client }: MongoStoreOptions): void {
  if (typeof client?.db === 'function') return
  throw new ConfigError('The `client` that was handed in is no MongoClient of mongodb. Hand in one, or give a `url`.')
}

/** What errors call the server: its address, without a user, password or settings. */
export function nameOf(options: MongoStoreOptions): string {
  if (options.client !== undefined) return 'The MongoDB client that was handed in'
  const [, scheme, hosts] = URL_PARTS.exec(urlOf(options)) as unknown as [string, string, string]
  return `MongoDB at ${scheme}${hosts}`
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

/** Even of text that cannot be parsed: nothing before an @, nor after a colon what is no port, nor parameters. */
function withoutSecrets(url: string): string {
  const address = url.replace(/^([a-z+]*:\/\/)?.*@/is, '$1***@').replace(/\?.*/s, '')
  return address.replace(/(?<!^[a-z+]*):(?!\d*(\/|,|$)).*/is, ':***')
}
