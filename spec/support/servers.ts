import { userInfo } from 'node:os'
import { find, isRequired, lacking, type Program } from './programs.ts'
import { type Recipe, Server, START_LIMIT } from './server.ts'
import { allow, isFast, skip } from './skip.ts'

export { freePort } from './ports.ts'
export { Server } from './server.ts'

/**
 * Real servers for specs. `await redis()` and `await memcached()` give the one that the whole run shares: write under keys
 * of your own, and do it no harm. With options, even empty ones, they give a private one for that: `close()` it afterwards.
 * Where the program is missing, the calling test is skipped with the reason; where it is required (CI), it fails.
 */
export interface Address {
  readonly host: string
  readonly port: number
  readonly url: string
}

export interface RedisOptions {
  /** The password that clients have to give. @default none */
  password?: string | undefined
  /** Further arguments of the program, such as `['--maxmemory', '2mb']`. */
  args?: readonly string[] | undefined
}

export interface MemcachedOptions {
  /** The greatest size of a value, as `-I` takes it, such as `'2m'`. @default 1 MB */
  maxItem?: string | undefined
  /** The memory for values, in MB. @default 64 */
  memory?: number | undefined
  /** Further arguments of the program. */
  args?: readonly string[] | undefined
}

/** A private server, with its URL. */
export type PrivateServer = Server & { readonly url: string }

/** A Redis server: the shared one, or a private one made with options. */
export function redis(): Promise<Address>
export function redis(options: RedisOptions): Promise<PrivateServer>
export async function redis(options?: RedisOptions): Promise<Address> {
  if (options === undefined) return shared('REDIS', 'redis', () => redis({}))
  const server = await start(redisRecipe(options))
  const login = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`
  return Object.assign(server, { url: `redis://${login}${server.host}:${server.port}` })
}

/** A memcached server: the shared one, or a private one made with options. */
export function memcached(): Promise<Address>
export function memcached(options: MemcachedOptions): Promise<PrivateServer>
export async function memcached(options?: MemcachedOptions): Promise<Address> {
  if (options === undefined) return shared('MEMCACHED', 'memcached', () => memcached({}))
  const server = await start(memcachedRecipe(options))
  return Object.assign(server, { url: `memcached://${server.host}:${server.port}` })
}

/** The path of a program; where it is missing, the calling test is skipped, or fails if it is required. */
export function needed(program: Program): string {
  if (isFast()) return skip('the fast run starts no servers')
  const path = find(program)
  if (path !== undefined) return path
  if (isRequired(program)) throw new Error(`${lacking(program)}, and here it is required.`)
  return skip(lacking(program))
}

/** Starts a server; that takes nothing from the time of the calling test. */
export function start(recipe: Recipe): Promise<Server> {
  allow(START_LIMIT)
  return Server.start(recipe)
}

/** How to run Redis. Nothing is kept on disk, so that it is empty after a restart. */
export function redisRecipe({ password, args = [] }: RedisOptions): Recipe {
  const login = password === undefined ? [] : ['--requirepass', password]
  return {
    program: needed('redis-server'),
    args: (port, dir) => [...flags({ port, dir, bind: '127.0.0.1', save: '', loglevel: 'warning' }), ...login, ...args],
    hello: 'PING\r\n',
    answer: /^(\+PONG|-NOAUTH)/,
  }
}

function memcachedRecipe({ maxItem, memory, args = [] }: MemcachedOptions): Recipe {
  const size = maxItem === undefined ? [] : ['-I', maxItem]
  const room = memory === undefined ? [] : ['-m', String(memory)]
  // It refuses to run as root unless it is told to.
  const user = process.getuid?.() === 0 ? ['-u', userInfo().username] : []
  return {
    program: needed('memcached'),
    args: (port) => ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-t', '2', ...user, ...size, ...room, ...args],
    hello: 'version\r\n',
    answer: /^VERSION/,
  }
}

/** Adapters by name without those that need a server, in the fast run. */
export function withoutServers<T>(adapters: Record<string, T>): Record<string, T> {
  if (!isFast()) return adapters
  return Object.fromEntries(Object.entries(adapters).filter(([name]) => !/Redis|Memcached|Mongo/.test(name)))
}

/** Options as a command line takes them: `--port 6379`. */
export function flags(options: Record<string, string | number>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
}

// `npm test` starts the shared servers and names their ports in the environment; a spec that runs alone starts its own.
const inProcess = new Map<string, Promise<PrivateServer>>()

async function shared(name: string, scheme: string, begin: () => Promise<PrivateServer>): Promise<Address> {
  const port = Number(process.env[sharedPort(name)])
  if (port > 0) return { host: '127.0.0.1', port, url: `${scheme}://127.0.0.1:${port}` }

  const begun = inProcess.get(name) ?? begin()
  inProcess.set(name, begun)
  begun.catch(() => inProcess.delete(name))
  const { host, port: started, url } = await begun
  return { host, port: started, url }
}

/** The environment variable with the port of a shared server: `REDIS` or `MEMCACHED`. */
export function sharedPort(name: string): string {
  return `CACHE_SPEC_${name}_PORT`
}
