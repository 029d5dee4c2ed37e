import { type Argument, isCluster, type RedisClient } from './client.ts'
import { slotOf } from './slots.ts'

/** How many keys one command names at most, so that none holds up the server for long. */
const KEYS_PER_COMMAND = 1000

/** Keys in groups that one command may name: not too many, and in a Cluster those of one slot. */
export function groupsOf<K extends Argument>(client: RedisClient, keys: readonly K[]): K[][] {
  return isCluster(client) ? bySlot(keys, client.options?.keyPrefix).flatMap(parts) : parts(keys)
}

function bySlot<K extends Argument>(keys: readonly K[], keyPrefix = ''): K[][] {
  const groups = new Map<number, K[]>()
  for (const key of keys) {
    const slot = slotOf(typeof key === 'string' ? keyPrefix + key : Buffer.concat([Buffer.from(keyPrefix), key]))
    const group = groups.get(slot)
    group === undefined ? groups.set(slot, [key]) : group.push(key)
  }
  return [...groups.values()]
}

function parts<K>(keys: readonly K[]): K[][] {
  const count = Math.ceil(keys.length / KEYS_PER_COMMAND)
  return Array.from({ length: count }, (_, i) => keys.slice(i * KEYS_PER_COMMAND, (i + 1) * KEYS_PER_COMMAND))
}
