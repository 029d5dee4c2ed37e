import type { PolicyMaker } from '../../adapters/memory/engine/policies/builtin.ts'
import { hashOf, secretOf } from '../../adapters/memory/engine/policies/hash.ts'
import { SLOTS } from '../../adapters/memory/engine/policies/policy.ts'

/**
 * Workloads in which a value is stored once and then only read: a miss stores nothing. Traces have no such thing, as everything
 * that is missed in them is stored. A policy that learns from what is stored again learns nothing here.
 */
export interface Workload {
  readonly name: string
  readonly capacity: number
  /** What is in the cache before: keys that are read all the time, a scan, Zipf's distribution, or nothing. */
  readonly past: Past
  /** How often each value is read, and in how many `set`s after its own. */
  readonly gets: number
  readonly span: number
  /** When in that span: at random, at even distances, or in its last fifth. */
  readonly shape: Shape
}

type Past = 'nothing' | 'hot keys' | 'a scan' | 'zipf'
type Shape = 'at random' | 'evenly' | 'late'

const PASTS: readonly Past[] = ['nothing', 'hot keys', 'a scan', 'zipf']
const SHAPES: readonly Shape[] = ['at random', 'evenly', 'late']

/** How many times its capacity a cache gets to learn, and how many times after that hits are counted. */
const LEARNING = 16
const COUNTED = 4

/** The first key of the workload itself; those of its past are below. */
const FIRST_KEY = 10_000_000

/** Operations on numbered keys. */
interface Operation {
  readonly key: number
  readonly verb: 'get' | 'set' | 'getOrSet'
}

/** All workloads of some sizes, `span` as a share of the capacity. */
export function* workloads(capacities: readonly number[], shares: readonly number[]): Generator<Workload> {
  for (const capacity of capacities)
    for (const share of shares)
      for (const past of PASTS)
        for (const shape of SHAPES)
          for (const gets of [1, 2, 5]) {
            // A value that is read once, late, is within reach of LRU at up to half its capacity: to it, a read makes it new.
            if (share > 0.5 && (gets === 1 || shape === 'late')) continue
            const span = Math.round(capacity * share)
            const name = `${capacity} entries, ${gets} reads ${shape} in ${span} sets, after ${past}`
            yield { name, capacity, past, gets, span, shape }
          }
}

/** The share of reads that hit, after a time for learning. */
export function hitRatio(workload: Workload, make: PolicyMaker, seed: number): number {
  const { capacity } = workload
  const policy = make(capacity, seed)
  const secret = secretOf(seed)
  const slots = new Map<number, number>()
  const keys: number[] = []
  let room = 0
  const store = (key: number, hash: number): void => {
    if (slots.size === room && room < capacity) {
      room = Math.min(capacity, Math.max(16, 2 * room))
      policy.grow(SLOTS + room)
    }
    const slot = slots.size < capacity ? SLOTS + slots.size : policy.evict()
    if (slots.size === capacity) slots.delete(keys[slot]!)
    slots.set(key, slot)
    keys[slot] = key
    policy.admit(slot, hash)
  }

  let sets = 0
  let hits = 0
  let reads = 0
  for (const { key, verb } of operations(workload, seed)) {
    if (verb === 'set' && key >= FIRST_KEY) sets++
    const hash = hashOf(String(key), secret)
    const slot = slots.get(key)
    if (verb !== 'set' && slot === undefined) policy.miss(hash)
    if (slot !== undefined) policy.touch(slot)
    else if (verb !== 'get') store(key, hash)
    if (verb !== 'get' || sets <= LEARNING * capacity) continue
    reads++
    if (slot !== undefined) hits++
  }
  return hits / reads
}

function* operations({ capacity, past, gets, span, shape }: Workload, seed: number): Generator<Operation> {
  const random = numbersFrom(seed)
  yield* pastOf(past, capacity, random)
  const due: number[][] = []
  for (let i = 0; i < (LEARNING + COUNTED) * capacity; i++) {
    yield { key: FIRST_KEY + i, verb: 'set' }
    for (let read = 0; read < gets; read++) {
      const after = {
        'at random': random() * span,
        evenly: ((read + 1) * span) / gets - 1,
        late: lateIn(span, random()),
      }
      const at = i + Math.floor(after[shape])
      due[at] ??= []
      due[at].push(FIRST_KEY + i)
    }
    for (const key of due[i] ?? []) yield { key, verb: 'get' }
    delete due[i]
  }
}

function lateIn(span: number, chance: number): number {
  return span * (0.8 + 0.2 * chance)
}

function* pastOf(past: Past, capacity: number, random: () => number): Generator<Operation> {
  const count = past === 'nothing' ? 0 : 30 * capacity
  for (let i = 0; i < count; i++) {
    if (past === 'a scan') yield { key: i, verb: 'set' }
    else if (past === 'hot keys') yield { key: i % Math.ceil(0.9 * capacity), verb: 'getOrSet' }
    // The inverse of the distribution with the exponent 1, over ten times as many keys as there is room for.
    else yield { key: Math.floor((10 * capacity) ** random()), verb: 'getOrSet' }
  }
}

/** Numbers from 0 to 1 at random (xorshift: Marsaglia, 2003). */
function numbersFrom(seed: number): () => number {
  let x = seed | 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) / 2 ** 32
  }
}
