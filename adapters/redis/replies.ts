import type { Wire } from '../../lib/core/types.ts'
import { BadReply } from '../shared/failure.ts'

/**
 * The replies that Redis may give, checked. Anything else means that the connection is out of step, or that something else
 * listens there: it becomes a `BadReply`, which ends the connection.
 */

/** The reply to GET. */
export function wireOf(reply: unknown): Wire | undefined {
  if (reply === null) return undefined
  if (reply instanceof Uint8Array || typeof reply === 'string') return reply
  throw impossible('GET', reply)
}

/** The reply to MGET of that many keys. */
export function wiresOf(reply: unknown, count: number): (Wire | undefined)[] {
  if (!Array.isArray(reply) || reply.length !== count) throw impossible(`MGET of ${count} keys`, reply)
  return reply.map(wireOf)
}

/** The reply to SET. */
export function done(reply: unknown): void {
  if (reply !== 'OK') throw impossible('SET', reply)
}

/** The reply to SET with NX: whether it was done. */
export function isDone(reply: unknown): boolean {
  if (reply !== null) done(reply)
  return reply !== null
}

/** A reply that counts something. With `stringNumbers`, ioredis gives it as text. */
export function countOf(reply: unknown): number {
  const count = typeof reply === 'string' && reply !== '' ? Number(reply) : reply
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return count
  throw impossible('a command that counts', reply)
}

/** The reply to SCAN: the next cursor, and some keys. */
export function pageOf(reply: unknown): [cursor: string, keys: Buffer[]] {
  const [cursor, keys] = Array.isArray(reply) ? reply : []
  if (Array.isArray(keys) && /^\d+$/.test(String(cursor)) && keys.every((key) => key instanceof Uint8Array)) {
    return [String(cursor), keys as Buffer[]]
  }
  throw impossible('SCAN', reply)
}

/** The reply to INFO: its fields, numeric ones as numbers. */
export function infoOf(reply: unknown): Record<string, unknown> {
  if (typeof reply !== 'string') throw impossible('INFO', reply)
  const fields = reply.split(/\r?\n/).filter((line) => /^[^#:]+:/.test(line))
  return Object.fromEntries(
    fields.map((line) => fieldOf(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1))),
  )
}

function fieldOf(name: string, text: string): [string, unknown] {
  return [name, /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text]
}

// The reply itself is left out: it may be somebody's value.
function impossible(command: string, reply: unknown): BadReply {
  const kind = Array.isArray(reply) ? `an array of ${reply.length}` : reply === null ? 'nil' : `a ${typeof reply}`
  return new BadReply(`answered ${command} with ${reply instanceof Uint8Array ? 'a string' : kind}`)
}
