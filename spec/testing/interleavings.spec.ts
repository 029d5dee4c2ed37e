import { expect } from 'chai'
import fc from 'fast-check'
import { CacheAdapter, type Entry } from '../../lib/index.ts'
import { FakeClock } from '../../lib/testing/index.ts'
import { explained, type Operation } from './linearization.ts'

/**
 * Every order in which a store may answer: fast-check's scheduler decides which answer comes next, and replays a failure.
 * Three clients do a few things each at the same time; what they were answered has to be what a plain Map answers in some
 * order of their calls.
 */

/**
 * A store that works through its calls in order, as one connection to a server does, whenever the scheduler lets it. It lets
 * entries expire by itself, so that what it dropped was there.
 */
class ScheduledCache extends CacheAdapter<'async'> {
  readonly mode = 'async'
  // The store goes by the same clock, so it knows what has expired: `remove` need not read first.
  protected override readonly movedClock = false
  readonly #entries = new Map<string, Entry>()
  readonly #calls: (() => void)[] = []
  readonly #scheduler: fc.Scheduler

  constructor(scheduler: fc.Scheduler, clock: FakeClock) {
    super({ clock, prefix: '' })
    this.#scheduler = scheduler
  }

  override get capabilities() {
    return { ...super.capabilities, clears: true, millisecondExpiry: true }
  }

  protected read(key: string) {
    return this.#perform(`read ${key}`, () => this.#living(key))
  }

  protected async write(key: string, entry: Entry) {
    await this.#perform(`write ${key}`, () => this.#entries.set(key, entry))
  }

  protected drop(keys: readonly string[]) {
    return this.#perform(`drop ${keys}`, () => {
      const there = keys.filter((key) => this.#living(key) !== undefined)
      for (const key of keys) this.#entries.delete(key)
      return there.length
    })
  }

  protected async wipe() {
    await this.#perform('wipe', () => this.#entries.clear())
  }

  async close() {}

  #living(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && (entry.until === null || entry.until > this.now()) ? entry : undefined
  }

  async #perform<T>(label: string, effect: () => T): Promise<T> {
    let answer: T | undefined
    let isDone = false
    this.#calls.push(() => {
      answer = effect()
      isDone = true
    })
    await this.#scheduler.schedule(Promise.resolve(), label)
    // The server works in order: what was sent before this has been done by now.
    while (!isDone) this.#calls.shift()!()
    return answer as T
  }
}

type Make = (scheduler: fc.Scheduler, clock: FakeClock) => CacheAdapter<'async'>

const KEYS = ['a', 'b'] as const
const step = fc.record({
  verb: fc.constantFrom('get', 'getOrSet', 'getOrSet', 'set', 'remove', 'clear', 'expire' as const),
  // Mostly one key: what goes wrong goes wrong under one.
  key: fc.constantFrom('a', 'a', 'a', 'b'),
})
type Step = { readonly verb: Operation['verb']; readonly key: string }
const clients = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 })

const TIMEOUT = 60

/** Lets the clients do their steps, and tells what each was answered, when it was asked, and when the answer came. */
async function history(make: Make, scheduler: fc.Scheduler, plan: readonly (readonly Step[])[]): Promise<Operation[]> {
  const clock = new FakeClock(0)
  const cache = make(scheduler, clock)
  const operations: Operation[] = []
  let time = 0
  let values = 0

  const perform = async (verb: Step['verb'], key: string, value: number): Promise<unknown> => {
    switch (verb) {
      case 'get':
        return cache.get(key)
      case 'getOrSet': {
        const load = () => scheduler.schedule(Promise.resolve(value), `load ${key}`)
        return cache.getOrSet(key, load, TIMEOUT)
      }
      case 'set':
        return cache.set(key, value, TIMEOUT)
      case 'remove':
        return cache.remove(key)
      case 'clear':
        return cache.clear('', { all: true })
      case 'expire':
        await scheduler.schedule(Promise.resolve(), 'time passes')
        clock.advance(TIMEOUT * 1000 + 1)
    }
  }
  const client = async (steps: readonly Step[]): Promise<void> => {
    for (const { verb, key } of steps) {
      const value = ++values
      const asked = ++time
      const answer = await perform(verb, key, value)
      operations.push({ verb, key, value, asked, answered: ++time, answer })
    }
  }
  await scheduler.waitFor(Promise.all(plan.map(client)))
  // What is there in the end counts too.
  await scheduler.waitFor(client(KEYS.map((key) => ({ verb: 'get', key }))))
  return operations
}

function property(make: Make) {
  return fc.asyncProperty(fc.scheduler(), clients, async (scheduler, plan) => {
    const operations = await history(make, scheduler, plan)
    if (!explained(operations)) throw new Error(`No order explains: ${JSON.stringify(operations)}`)
  })
}

describe('A cache over a store whose answers come in any order', function () {
  this.timeout(120_000)

  it('answers what a Map would in some order of the calls: getOrSet, get, set, remove, clear, expiry', async () => {
    const numRuns = Number(process.env.CACHE_SPEC_RUNS ?? 3000)
    await fc.assert(
      property((scheduler, clock) => new ScheduledCache(scheduler, clock)),
      { numRuns },
    )
  })

  /** Faults that caches are known for, planted on purpose: a proof that finds none of them proves nothing. */
  const FAULTS: Record<string, Make> = {
    'a removal that a load under its key does not hear of': (scheduler, clock) =>
      new (class extends ScheduledCache {
        override async remove(...keys: string[]) {
          return (await this.drop(keys)) === new Set(keys).size
        }
      })(scheduler, clock),
    'a get, a load and a set without anything that holds them together': (scheduler, clock) =>
      Object.assign(new ScheduledCache(scheduler, clock), {
        async getOrSet(this: ScheduledCache, key: string, load: () => Promise<unknown>, timeout: number) {
          const value = (await this.get(key)) ?? (await load())
          await this.set(key, value, timeout)
          return value
        },
      }) as never,
    'a clear that loads do not hear of': (scheduler, clock) =>
      new (class extends ScheduledCache {
        override async clear() {
          await this.wipe()
        }
      })(scheduler, clock),
    'an entry that outlives its time': (scheduler) => new ScheduledCache(scheduler, new FakeClock(0)),
  }
  for (const [name, make] of Object.entries(FAULTS)) {
    it(`is caught with a fault that was planted: ${name}`, async () => {
      const result = await fc.check(property(make), { numRuns: 30_000 })
      expect(result.failed).to.equal(true)
    })
  }
})
