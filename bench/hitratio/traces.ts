import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** The requests of a trace, its keys numbered from 0 in the order of their first use. */
export interface Trace {
  readonly name: string
  readonly requests: Int32Array
  readonly unique: number
}

/** Where the traces of a folder are, at any depth. */
export function tracesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && /\.(gz|xz)$/.test(file.name))
    .map((file) => relative(folder, join(file.parentPath, file.name)))
    .sort()
}

/** Reads a trace: text with a block or a range of blocks a line, or big-endian numbers of 4 (cache2k) or 8 bytes. */
export function readTrace(folder: string, path: string): Trace {
  const bytes = decompressed(join(folder, path))
  const name = basename(path).replace(/(\.trace)?\.(gz|xz)$/, '')
  return numbered(name, isText(bytes) ? linesOf(bytes) : numbersOf(bytes, path.includes('cache2k') ? 4 : 8))
}

/** Traces one after the other; one that comes twice has the same keys both times. */
export function concatenated(name: string, traces: readonly Trace[]): Trace {
  const bases = new Map<Trace, number>()
  let unique = 0
  for (const trace of new Set(traces)) {
    bases.set(trace, unique)
    unique += trace.unique
  }

  const requests = new Int32Array(traces.reduce((sum, trace) => sum + trace.requests.length, 0))
  let at = 0
  for (const trace of traces) {
    const base = bases.get(trace)!
    requests.set(
      trace.requests.map((key) => base + key),
      at,
    )
    at += trace.requests.length
  }
  return { name, requests, unique }
}

function decompressed(file: string): Buffer {
  if (file.endsWith('.gz')) return gunzipSync(readFileSync(file))
  const { status, stdout, error } = spawnSync('xz', ['-dc', file], { maxBuffer: 2 ** 31 - 1 })
  if (error !== undefined || status !== 0) throw new Error(`xz cannot read ${file}.`, { cause: error })
  return stdout
}

function isText(bytes: Buffer): boolean {
  return /^[\d\s*]+$/.test(bytes.toString('latin1', 0, 1000))
}

function* linesOf(bytes: Buffer): Generator<number> {
  for (const line of bytes.toString('latin1').split('\n')) {
    if (line === '' || line.startsWith('*')) continue
    const [start, count, , number] = line.trim().split(/\s+/).map(Number)
    const blocks = number === undefined ? 1 : count!
    for (let i = 0; i < blocks; i++) yield start! + i
  }
}

function* numbersOf(bytes: Buffer, width: 4 | 8): Generator<number | bigint> {
  for (let at = 0; at + width <= bytes.length; at += width) {
    yield width === 4 ? bytes.readInt32BE(at) : bytes.readBigInt64BE(at)
  }
}

function numbered(name: string, keys: Iterable<number | bigint>): Trace {
  const numbers = new Map<number | bigint, number>()
  const requests: number[] = []
  for (const key of keys) {
    let number = numbers.get(key)
    if (number === undefined) {
      number = numbers.size
      numbers.set(key, number)
    }
    requests.push(number)
  }
  return { name, requests: Int32Array.from(requests), unique: numbers.size }
}
