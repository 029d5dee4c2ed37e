import { check, concurrently, keysOf, picksOf, small } from '../data.ts'
import type { Contestant, Figure, Loop, Loops, Medians, Part } from '../part.ts'
import { type Client, clients } from './redis-clients.ts'

/** Redis on loopback: values whose JSON is 100 bytes long, one at a time and many, with the default timeouts. */

// The widest first: a loop that is one at a time does not get V8 warm.
const WIDTHS = [256, 16, 1]
const MANY = 100

const keys = keysOf(1000)
const pick = picksOf(keys)

function loopsOver(client: Client): Loops {
  const loops: Record<string, Loop> = {}
  for (const width of WIDTHS) {
    loops[`get @${width}`] = concurrently(width, async (i) => check((await client.get(pick(i))) ? 1 : 0, 1))
    loops[`set @${width}`] = concurrently(width, (i) => client.set(pick(i), small(i)))
  }
  const { getMany } = client
  if (getMany === undefined) return loops

  const batches = Array.from({ length: keys.length / MANY }, (_, i) => keys.slice(i * MANY, (i + 1) * MANY))
  loops[`getMany(${MANY})`] = async (times) => {
    for (let i = 0; i < times; i++) {
      const values = await getMany(batches[i % batches.length]!)
      check(
        values.reduce((sum: number, value) => (value ? sum + 1 : sum), 0),
        MANY,
      )
    }
  }
  return loops
}

function contestant(name: string): Contestant {
  return async () => {
    const client = await clients[name]!(process.env.BENCH_REDIS!)
    for (const [i, key] of keys.entries()) await client.set(key, small(i))
    return loopsOver(client)
  }
}

function figures(of: Medians): Figure[] {
  const ratio = (loop: string, to: string): number => of('polycache', loop) / of(to, loop)
  const gain = (loop: string, over: string): number => of(over, loop) / of('polycache', loop)
  const both = (width: number): string[] => [`get @${width}`, `set @${width}`]
  return [
    ...WIDTHS.flatMap(both).map((loop) => ({
      what: `Redis ${loop}: to ioredis + JSON`,
      value: ratio(loop, 'ioredis + JSON'),
      atMost: loop.endsWith('@256') ? 0.5 : 1.1,
    })),
    ...['Keyv', 'cache-manager', 'BentoCache', 'unstorage'].flatMap((name) =>
      both(256).map((loop) => ({
        what: `Redis ${loop}: faster than ${name}`,
        value: gain(loop, name),
        atLeast: name === 'Keyv' || name === 'cache-manager' ? 1.4 : 3,
      })),
    ),
    ...['ioredis', 'ioredis + JSON'].map((name) => ({
      what: `Redis getMany(100): to one MGET of ${name}`,
      value: ratio('getMany(100)', name),
      atMost: 1.3,
    })),
    ...both(256).map((loop) => ({
      what: `Redis ${loop}: to ioredis + JSON, corked`,
      value: ratio(loop, 'ioredis + JSON, corked'),
    })),
    ...WIDTHS.map((width) => ({
      what: `Redis get @${width}: to ioredis without JSON`,
      value: ratio(`get @${width}`, 'ioredis'),
    })),
  ]
}

export const part: Part = {
  title: 'Redis',
  contestants: Object.fromEntries(Object.keys(clients).map((name) => [name, contestant(name)])),
  figures,
}
