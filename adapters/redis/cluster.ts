import { Breaker } from '../shared/breaker.ts'
import type { ClientLease } from '../shared/client-lease.ts'
import { NoAnswer } from '../shared/failure.ts'
import { type Argument, isCluster, type RedisClient } from './client.ts'
import { dialect } from './failure.ts'

/**
 * Redis Cluster: each key has its slot, and each slot its master. A command names keys of one slot only, and a master that
 * fails spoils its own keys only.
 */

/** The most keys that one command names, so that none holds up the server for long. */
const KEYS_PER_COMMAND = 1000

/** Keys that one command may name, with their positions among those of the call. */
export interface KeyGroup<K extends Argument> {
  readonly keys: K[]
  readonly positions: number[]
}

/** Keys in groups that one command may name: not too many, and in a Cluster those of one slot. */
export function groupsOf<K extends Argument>(client: RedisClient, keys: readonly K[]): KeyGroup<K>[] {
  const isApart = isCluster(client)
  const groups: KeyGroup<K>[] = []
  const open = new Map<number, KeyGroup<K>>()
  for (const [position, key] of keys.entries()) {
    const slot = isApart ? slotIn(client, key) : 0
    let group = open.get(slot)
    if (group === undefined || group.keys.length === KEYS_PER_COMMAND) {
      group = { keys: [], positions: [] }
      open.set(slot, group)
      groups.push(group)
    }
    group.keys.push(key)
    group.positions.push(position)
  }
  return groups
}

/** The clients that hold all the keys between them: the masters of a Cluster, else the client itself. */
export async function mastersOf(client: RedisClient): Promise<readonly RedisClient[]> {
  if (!isCluster(client)) return [client]
  // A Cluster knows its nodes once it has been connected.
  if (client.status !== 'ready') await client.ping()
  const masters = client.nodes('master')
  const missing = new Set(client.slots?.flatMap(([master]) => master ?? [])).size - masters.length
  if (missing > 0) throw new Error(`${missing} of the masters of the cluster are out of reach`)
  return masters
}

/** The breakers of a Cluster's masters. */
export class NodeBreakers {
  readonly #byNode = new Map<string, Breaker>()

  /**
   * Asks the master of a key, unless it is known to be down. After a time-out it has the client look for new masters: one
   * that hangs is replaced, but never says so.
   * @param call the call that the request belongs to, whose requests pass as one probe
   */
  async ask<T>(
    lease: ClientLease<RedisClient>,
    key: Argument,
    call: object,
    send: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    const { client } = lease
    const breaker = this.#breakerOf(client.slots?.[slotIn(client, key)]?.[0])
    const refusal = breaker?.refusal(call)
    if (refusal !== undefined) throw refusal
    try {
      const answer = await lease.ask(send)
      breaker?.worked()
      return answer
    } catch (error) {
      if (!dialect.isOutage(error)) breaker?.worked()
      else breaker?.failed(error as Error)
      if (error instanceof NoAnswer) client.refreshSlotsCache?.()
      throw error
    }
  }

  #breakerOf(node: string | undefined): Breaker | undefined {
    if (node === undefined) return undefined
    const breaker = this.#byNode.get(node) ?? new Breaker()
    this.#byNode.set(node, breaker)
    return breaker
  }
}

function slotIn(client: RedisClient, key: Argument): number {
  const { keyPrefix } = client.options ?? {}
  if (!keyPrefix) return slotOf(key)
  return slotOf(typeof key === 'string' ? keyPrefix + key : Buffer.concat([Buffer.from(keyPrefix), key]))
}

/**
 * The slot of a key: the CRC16 (XMODEM) of its bytes, or of those between the first braces if there are any, modulo 16384.
 */
export function slotOf(key: Argument): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key
  const open = bytes.indexOf(OPEN)
  const close = open === -1 ? -1 : bytes.indexOf(CLOSE, open)
  const isTagged = close > open + 1
  const end = isTagged ? close : bytes.length

  let crc = 0
  // By index, in place: half the time of a loop over the bytes of a `subarray`.
  for (let i = isTagged ? open + 1 : 0; i < end; i++) crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ bytes[i]!]!
  return crc % 16384
}

const OPEN = 0x7b
const CLOSE = 0x7d

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})
