import type { RedisClient } from './client.ts'

/** What a server says about itself by `INFO`: its fields, those that are numbers as numbers. */
export async function infoOf(client: RedisClient): Promise<Record<string, unknown>> {
  const lines = ((await client.info?.()) ?? '').split(/\r?\n/)
  const fields = lines.filter((line) => /^[^#:]+:/.test(line))
  return Object.fromEntries(
    fields.map((line) => fieldOf(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1))),
  )
}

function fieldOf(name: string, text: string): [string, unknown] {
  return [name, /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text]
}
