import { ConfigError } from '../../lib/core/errors.ts'

/** Where a memcached server listens. */
export interface Address {
  /** `host:port`, for messages, and the name by which keys are spread. */
  readonly name: string
  readonly host: string
  readonly port: number
}

const DEFAULT_SERVER = '127.0.0.1:11211'
const DEFAULT_PORT = 11211

/** A host, or an IPv6 address in brackets, and perhaps a port. */
const SERVER = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/i

/** The servers that are named, each once: `host:port`, several in an array or with commas. Throws `ConfigError` for other text. */
export function addressesOf(servers: string | readonly string[] = DEFAULT_SERVER): Address[] {
  const names = [servers].flat().flatMap((text) => text.split(','))
  const addresses = names.filter((name) => name.trim() !== '').map((name) => addressOf(name.trim()))
  if (addresses.length === 0) return [addressOf(DEFAULT_SERVER)]
  return [...new Map(addresses.map((address) => [address.name, address])).values()]
}

function addressOf(text: string): Address {
  const [, ipv6, host = ipv6, digits] = SERVER.exec(text) ?? []
  const port = digits === undefined ? DEFAULT_PORT : Number(digits)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new ConfigError(`A memcached server is named "host:port", not ${JSON.stringify(text)}.`)
  }
  return { name: `${ipv6 === undefined ? host : `[${ipv6}]`}:${port}`, host, port }
}

/**
 * Tells which of several servers keeps a key, by rendezvous hashing: every server bids for the key, and the highest bid
 * wins. So a server that is added takes its share evenly from the others and moves no other key, and the order in which
 * they are named does not matter.
 */
export function spread(names: readonly string[]): (key: string) => number {
  const seeds = names.map(hashOf)
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

/** FNV-1a, mixed: a number of 32 bits for a text. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mixed(hash)
}

/** The finish of MurmurHash3: every bit of the number bears on every bit of the result. */
function mixed(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
