import { inspect } from 'node:util'
import { MemoryCache } from '../../adapters/memory/index.ts'
import { encode as base85, decode as fromBase85 } from '../../lib/coder/base85.ts'
import { decodersOf } from '../../lib/coder/coders.ts'
import { pack, unpack } from '../../lib/coder/envelope.ts'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'
import { seeded } from '../../lib/testing/index.ts'
import { CompressedCache } from '../../lib/wrappers/index.ts'
import { COLOR, Color, SAMPLES } from './samples.ts'

/** A format with data to start from. `decode` may throw a `CoderError`, and nothing else. */
interface Format {
  readonly seeds: readonly Buffer[]
  decode(bytes: Buffer): unknown
}

const json = new JsonCoder().register(Color, COLOR)
const coders = { json, msgpack: new MsgpackCoder(json), v8: new V8Coder(json) }
const samples = Object.values(SAMPLES)
const moment = { created: 1, expires: 2, until: null, tags: ['a', 'b'] }

/** A cache that gives what a store was given, and throws what it would report. */
class Stored extends CompressedCache<'sync'> {
  /** The value of bytes that are in the store. */
  read1(bytes: Buffer): unknown {
    return this.unseal('k', { value: bytes, created: 1, expires: null, until: null }).value
  }

  bytesOf(value: unknown): Buffer {
    return this.seal('k', { value, created: 1, expires: null, until: null }).value as Buffer
  }
}

const compressed = new Stored(new MemoryCache(), { threshold: 0, algorithm: 'deflate', coders: ['v8', 'msgpack'] })
const text = 'long '.repeat(300)

/** All formats that are read from stores. */
export const FORMATS: Readonly<Record<string, Format>> = {
  ...Object.fromEntries(
    Object.entries(coders).map(([name, coder]) => [
      name,
      { seeds: samples.map((value) => Buffer.from(coder.encode(value))), decode: (bytes) => coder.decode(bytes) },
    ]),
  ),
  envelope: {
    seeds: Object.values(coders).flatMap((coder) =>
      samples.map((value) => Buffer.from(pack({ value, ...moment }, coder))),
    ),
    decode: (bytes) => unpack(bytes, decodersOf(json, ['msgpack', 'v8'])),
  },
  compressed: {
    seeds: [text, { text }, [text, new Date(5)]].map((value) => compressed.bytesOf(value)),
    decode: (bytes) => compressed.read1(bytes),
  },
  base85: {
    seeds: samples.map((value) => Buffer.from(base85(Buffer.from(json.encode(value))))),
    decode: (bytes) => fromBase85(bytes.toString('latin1')),
  },
}

/** The most that one decoding may cost, in ms and bytes. The machine may be busy. */
const MOST_MS = 2000
const MOST_BYTES = 200e6

/**
 * Decodes data that is made of good data by cutting, repeating, joining and changing it, for a time. Throws for the first
 * that fails in another way than by a `CoderError`, that costs more than it may, or that gives what cannot be printed.
 * @returns how many were decoded
 */
export function fuzz(format: Format, seed: number, ms: number): number {
  const random = seeded(seed)
  const end = performance.now() + ms
  const pool = [...format.seeds]
  let runs = 0
  for (; performance.now() < end; runs++) {
    const bytes = mutated(pool, random)
    const before = process.memoryUsage().rss
    const began = performance.now()
    try {
      const value = format.decode(bytes)
      inspect(value, { depth: 20 })
      // What is still read is a good start for more.
      pool[format.seeds.length + (runs % 100)] = bytes
    } catch (error) {
      if (!(error instanceof CoderError)) throw fault(`threw ${inspect(error)}`, bytes, seed)
    }
    if (performance.now() - began > MOST_MS) throw fault('took too long', bytes, seed)
    if (process.memoryUsage().rss - before > MOST_BYTES) throw fault('took too much memory', bytes, seed)
    if (Object.keys(Object.prototype).length > 0) throw fault('changed a prototype', bytes, seed)
  }
  return runs
}

function fault(what: string, bytes: Buffer, seed: number): Error {
  return new Error(`Decoding ${what} (seed ${seed}): Buffer.from('${bytes.toString('base64')}', 'base64')`)
}

const ODD_BYTES = [0, 1, 0x7f, 0x80, 0xff, 0xfe, 0xdd, 0xdf, 0xdc, 0xc9, 0x61, 0x41, 0x5e, 0x7b, 0x24]

function mutated(pool: readonly Buffer[], random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = () => pool[below(pool.length)] ?? pool[0]!
  let bytes = Buffer.from(pick())
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(bytes.length + 1)
    switch (below(6)) {
      case 0:
        if (at < bytes.length) bytes[at] = random() < 0.5 ? below(256) : ODD_BYTES[below(ODD_BYTES.length)]!
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(8))])
        break
      case 2: {
        const part = bytes.subarray(at, at + 1 + below(12))
        bytes = Buffer.concat([bytes.subarray(0, at), ...Array(1 + below(50)).fill(part), bytes.subarray(at)])
        break
      }
      case 3: {
        const other = pick()
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(below(other.length))])
        break
      }
      case 4:
        bytes = bytes.subarray(0, at)
        break
      default: {
        const odd = Buffer.from(Array.from({ length: 1 + below(6) }, () => ODD_BYTES[below(ODD_BYTES.length)]!))
        bytes = Buffer.concat([bytes.subarray(0, at), odd, bytes.subarray(at)])
      }
    }
  }
  // Repetition must not grow without end.
  return bytes.subarray(0, 20_000)
}
