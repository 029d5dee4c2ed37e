import { expect } from 'chai'
import { AdapterError, PartialFailure } from '../../lib/core/errors.ts'
import { CacheAdapter, type Entry, type EventMap } from '../../lib/index.ts'
import { StatsCache } from '../../lib/wrappers/index.ts'

/** Two nodes, one of which is down: keys that begin with "d" are there. */
class TwoNodes extends CacheAdapter<'async'> {
  readonly mode = 'async'
  readonly map = new Map<string, Entry>()

  async read(key: string): Promise<Entry | undefined> {
    this.#check([key])
    return this.map.get(key)
  }

  async write(key: string, entry: Entry): Promise<void> {
    this.#check([key])
    this.map.set(key, entry)
  }

  async drop(keys: readonly string[]): Promise<number> {
    const dropped = keys.filter((key) => !this.#isDead(key) && this.map.delete(key)).length
    this.#check(keys, dropped)
    return dropped
  }

  async readMany(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    const entries = keys.map((key) => (this.#isDead(key) ? undefined : this.map.get(key)))
    this.#check(keys, entries)
    return entries
  }

  async writeMany(entries: readonly (readonly [string, Entry])[]): Promise<void> {
    for (const [key, entry] of entries) if (!this.#isDead(key)) this.map.set(key, entry)
    this.#check(entries.map(([key]) => key))
  }

  async close(): Promise<void> {}

  #isDead(key: string): boolean {
    return key.startsWith(`${this.prefix}d`)
  }

  #check(keys: readonly string[], answer?: unknown): void {
    const failed = keys.flatMap((key, i) => (this.#isDead(key) ? [i] : []))
    if (failed.length > 0) throw new PartialFailure('Node 2 is down.', failed, answer)
  }
}

async function failureOf(promise: Promise<unknown>): Promise<PartialFailure> {
  const error = await promise.then(
    () => undefined,
    (error) => error,
  )
  expect(error).to.be.instanceOf(PartialFailure).and.instanceOf(AdapterError)
  return error
}

for (const wrap of [(cache: TwoNodes) => cache, (cache: TwoNodes) => new StatsCache(cache)]) {
  describe(`A node of several that is down, under ${wrap(new TwoNodes()).name}`, () => {
    it('does not keep remove from removing the keys of the others', async () => {
      const nodes = new TwoNodes()
      const cache = wrap(nodes)
      await cache.setMany({ a: 1, b: 2 })
      const removed: unknown[] = []
      cache.on('remove', ({ key }) => removed.push(key))
      const error = await failureOf(cache.remove('a', 'dead', 'b'))
      expect(error).to.include({ code: 'E_PARTIAL', verb: 'remove', key: 'dead' })
      expect(error.keys).to.deep.equal(['dead'])
      expect([...nodes.map.keys(), ...removed]).to.deep.equal(['a', 'b'])
    })

    it('is named by the error of getMany and setMany, and the others are stored', async () => {
      const nodes = new TwoNodes()
      const cache = wrap(nodes)
      const events: EventMap['set'][] = []
      cache.on('set', (event) => events.push(event))
      expect((await failureOf(cache.setMany({ a: 1, dead: 2, b: 3 }))).keys).to.deep.equal(['dead'])
      expect(events.map(({ key }) => key)).to.deep.equal(['a', 'b'])
      expect((await failureOf(cache.getMany(['a', 'dead', 'b']))).keys).to.deep.equal(['dead'])
      expect(await cache.getMany(['a', 'b'])).to.deep.equal([1, 3])
    })

    it('makes getOrSetMany load its keys only', async () => {
      const cache = wrap(new TwoNodes())
      await cache.setMany({ a: 1, b: 2 })
      let asked: string[] = []
      const load = async (missing: string[]) => {
        asked = missing
        return missing.map(() => 'loaded')
      }
      expect(await cache.getOrSetMany(['a', 'dead', 'b'], load)).to.deep.equal([1, 'loaded', 2])
      expect(asked).to.deep.equal(['dead'])
    })
  })
}

describe("A node of several that is down, under onBackendError: 'miss'", () => {
  it('makes its keys missing only', async () => {
    const cache = new TwoNodes({ onBackendError: 'miss' })
    await cache.setMany({ a: 1, dead: 2, b: 3 })
    expect(await cache.getMany(['a', 'dead', 'b'])).to.deep.equal([1, undefined, 3])
    expect(await cache.remove('a', 'dead', 'b')).to.equal(false)
    expect(cache.map.size).to.equal(0)
  })
})
