import { createHash } from 'node:crypto'
import type { Wire } from '../../lib/core/types.ts'
import { type Argument, argumentOf, type RedisClient } from './client.ts'
import { says } from './failure.ts'
import { countOf, isDone } from './replies.ts'

/** The version of a Redis key of another type (a list, a hash...), which holds no stored form but has to be replaced. */
export const OTHER_TYPE = 0

/**
 * Replaces what is under a key, if that is still in the state that the caller has seen.
 * ARGV: the Lua type of the state ('boolean': nothing, 'string': a stored form, 'table': a key of another type), the stored
 * form; then, unless the key is to be removed, the new form, and its TTL in ms unless it has no limit.
 */
const SCRIPT = `
local found = redis.pcall('GET', KEYS[1])
if type(found) ~= ARGV[1] or (ARGV[1] == 'string' and found ~= ARGV[2]) then return 0 end
if ARGV[4] then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
elseif ARGV[3] then redis.call('SET', KEYS[1], ARGV[3])
else redis.call('DEL', KEYS[1]) end
return 1`

let sha: string | undefined

/** Puts a form (`undefined`: nothing) in place of the state that `version` names. Returns whether the state was that one. */
export async function compareAndSet(
  client: RedisClient,
  key: string,
  version: unknown,
  wire: Wire | undefined,
  ttlMs: number | null,
): Promise<boolean> {
  const form = wire === undefined ? undefined : argumentOf(wire)
  const ms = ttlMs === null ? null : Math.ceil(ttlMs)
  if (version === undefined && form !== undefined) return isDone(await setNew(client, key, form, ms))

  const state: Argument[] =
    version === undefined
      ? ['boolean', '']
      : version === OTHER_TYPE
        ? ['table', '']
        : ['string', argumentOf(version as Wire)]
  const change = form === undefined ? [] : ms === null ? [form] : [form, String(ms)]
  return countOf(await runScript(client, key, [...state, ...change])) === 1
}

function setNew(client: RedisClient, key: string, form: Argument, ms: number | null): Promise<'OK' | null> {
  return ms === null ? client.set(key, form, 'NX') : client.set(key, form, 'PX', ms, 'NX')
}

async function runScript(client: RedisClient, key: string, args: Argument[]): Promise<unknown> {
  try {
    return await client.evalsha(shaOf(), 1, key, ...args)
  } catch (error) {
    if (!says(error, 'NOSCRIPT')) throw error
    return client.eval(SCRIPT, 1, key, ...args)
  }
}

/** The name of the script. Computed at first use, because loading `node:crypto` takes 2 ms. */
function shaOf(): string {
  sha ??= createHash('sha1').update(SCRIPT).digest('hex')
  return sha
}
