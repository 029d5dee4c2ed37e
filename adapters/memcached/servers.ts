import type { ConnectionOptions } from 'node:tls'
import { ConfigError } from '../../lib/core/errors.ts'

/** Where memcached is, and how to log in. */
export interface ServerOptions {
  /** Servers as `host:port`, or the path of a Unix socket: an array, or text with commas. @default '127.0.0.1:11211' */
  servers?: string | readonly string[] | undefined
  /** The same as a URL: `memcached://user:password@host:port,host:port`, `memcacheds://` for TLS, `memcached:///path` for a Unix socket. */
  url?: string | undefined
  /** The user name for a server that was started with `-Y`. @default the one in the URL */
  username?: string | undefined
  /** The password that belongs to `username`. @default the one in the URL */
  password?: string | undefined
  /** Connects by TLS: `true`, or options of `tls.connect` such as `ca`. @default false, or true for `memcacheds://` */
  tls?: boolean | ConnectionOptions | undefined
}

/** A memcached server: where it listens, and what it wants to know first. */
export interface Server {
  /** The server as the user spelled it, with its port, for messages. */
  readonly name: string
  /** The same for every spelling of the address; keys are spread by it. */
  readonly id: string
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly login: Login | undefined
  /** Options of `tls.connect`, if the connection is encrypted. */
  readonly tls: ConnectionOptions | undefined
}

interface Login {
  readonly username: string
  readonly password: string
}

const DEFAULT_PORT = 11_211
const DEFAULT_SERVER = `127.0.0.1:${DEFAULT_PORT}`

/** A scheme, a login, and the rest. */
const URL_PARTS = /^(?:(memcacheds?):\/\/|unix:(?:\/\/)?(?=\/))?(?:([^@/,]*)@)?(.*)$/is
/** A host, or an IPv6 address in brackets, and perhaps a port. */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?\/?$/i

/** The servers named by the options, each once. Throws `ConfigError` if one of them cannot be an address. */
export function serversOf(options: ServerOptions): Server[] {
  const { servers, url } = options
  if (servers !== undefined && url !== undefined) {
    throw new ConfigError('Both `servers` and `url` say where memcached is. Give one of them.')
  }
  const texts = [url ?? servers ?? DEFAULT_SERVER].flat().flatMap(partsOf)
  const found = (texts.length === 0 ? [{ text: DEFAULT_SERVER }] : texts).map((part) => serverOf(part, options))
  return [...new Map(found.map((server) => [server.id, server])).values()]
}

/** One server of a list, with the scheme and the login at the head of that list. */
interface Part {
  readonly text: string
  readonly scheme?: string | undefined
  readonly login?: string | undefined
}

function partsOf(list: unknown): Part[] {
  if (typeof list !== 'string') throw new ConfigError(`A memcached server must be text, not ${typeof list}.`)
  const [, scheme, login, rest = ''] = URL_PARTS.exec(list.trim()) ?? []
  return rest
    .split(',')
    .map((text) => ({ text: text.trim(), scheme: scheme?.toLowerCase(), login }))
    .filter(({ text }) => text !== '')
}

function serverOf({ text, scheme, login }: Part, options: ServerOptions): Server {
  const tls = options.tls ?? scheme === 'memcacheds'
  const common = { login: loginOf(login, options), tls: tls === true ? {} : tls || undefined }
  if (text.startsWith('/')) return { name: text, id: text, at: { path: text }, ...common }

  const [, ipv6, spelled, digits] = HOST.exec(text) ?? []
  const host = ipv6 ?? spelled
  const port = digits === undefined ? DEFAULT_PORT : Number(digits)
  if (host === undefined || port < 1 || port > 65_535) {
    const what = JSON.stringify(text.replace(/^.*@/s, ''))
    throw new ConfigError(`A memcached server is named "host:port", or by the path of its Unix socket, not ${what}.`)
  }
  const shown = ipv6 === undefined ? host : `[${host}]`
  return { name: `${shown}:${port}`, id: `${hostId(shown)}:${port}`, at: { host, port }, ...common }
}

/** The same text for every spelling of a host that means the same address. */
function hostId(shown: string): string {
  const host = URL.canParse(`http://${shown}`) ? new URL(`http://${shown}`).hostname : shown.toLowerCase()
  return host === 'localhost' ? '127.0.0.1' : host
}

function loginOf(inUrl: string | undefined, { username, password }: ServerOptions): Login | undefined {
  const [name = '', ...rest] = inUrl?.split(':') ?? []
  const login = { username: username ?? decoded(name), password: password ?? decoded(rest.join(':')) }
  if (login.username === '' && login.password === '') return undefined
  if (/\s/.test(login.username)) throw new ConfigError('The user name for memcached must not contain white space.')
  return login
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ConfigError('The login in the memcached URL is not percent-encoded: write % as %25.')
  }
}

/**
 * Chooses the server of a key, by rendezvous hashing: every server bids for the key, and the highest bid wins. A server
 * that is added takes an equal share from each of the others and moves no other key; the order of the list does not matter.
 */
export function spread(ids: readonly string[]): (key: string) => number {
  const seeds = ids.map(hashOf)
  return (key) => {
    const hash = hashOf(key)
    let winner = 0
    let highest = -1
    for (let i = 0; i < seeds.length; i++) {
      const bid = mixed(hash ^ seeds[i]!)
      if (bid > highest) {
        highest = bid
        winner = i
      }
    }
    return winner
  }
}

/** FNV-1a of a text, mixed to 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mixed(hash)
}

/** The finalizer of MurmurHash3: every input bit affects every output bit. */
function mixed(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
