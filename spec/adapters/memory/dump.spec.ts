import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import fc from 'fast-check'
import { POLICIES } from '../../../adapters/memory/engine/policies/builtin.ts'
import { AdapterError, AsyncMemoryCache, CoderError, MemoryCache } from '../../../lib/index.ts'
import { FakeClock } from '../../../lib/testing/index.ts'
import { tempFolder } from '../../support/run-folder.ts'

describe('dump() and load()', () => {
  let folder: string
  let path: string
  let clock: FakeClock

  beforeEach(() => {
    folder = tempFolder('dump')
    path = join(folder, 'cache.dump')
    clock = new FakeClock()
  })

  const keysOf = (cache: MemoryCache): string[] =>
    cache
      .policy()
      .coldest()
      .map(({ key }) => key)

  it('bring back values as what they were', async () => {
    const values = {
      a: 'ä',
      n: undefined,
      d: new Date(0),
      m: new Map([[1, { x: 2n }]]),
      b: Buffer.from([0, 255]),
      z: -0,
    }
    const cache = new MemoryCache()
    cache.setMany(values)
    expect(await cache.dump(path)).to.deep.equal({ entries: 6, skipped: 0 })

    const other = new MemoryCache()
    expect(await other.load(pathToFileURL(path))).to.deep.equal({ entries: 6, expired: 0, skipped: 0 })
    for (const [key, value] of Object.entries(values)) expect(other.get(key)).to.deep.equal(value)
    expect(other.has('n')).to.equal(true)
  })

  it('bring back what is left of a life, by the clock', async () => {
    const cache = new MemoryCache({ clock })
    cache.set('minute', 1, 60)
    cache.set('hour', 1, '1h')
    cache.set('months', 1, '100d')
    cache.set('forever', 1, null)
    cache.set('stale', 1, { timeout: 60, staleFor: 600 })
    await cache.dump(path)

    clock.advance(60_000)
    const other = new MemoryCache({ clock })
    expect(await other.load(path)).to.deep.equal({ entries: 4, expired: 1, skipped: 0 })
    expect(['minute', 'hour', 'months', 'forever', 'stale'].map((key) => other.ttl(key))).to.deep.equal([
      undefined,
      3540,
      100 * 86_400 - 60,
      null,
      undefined,
    ])
    expect(other.store.entryAt(other.store.find('stale'))).to.include({ until: clock.now() + 600_000 })
  })

  it('bring back the life that each use gives anew', async () => {
    const cache = new MemoryCache({ clock, touchOnGet: true })
    cache.set('k', 1, 60)
    clock.advance(50_000)
    await cache.dump(path)

    const other = new MemoryCache({ clock, touchOnGet: true })
    await other.load(path)
    expect(other.ttl('k')).to.equal(10)
    expect(other.get('k')).to.equal(1)
    expect(other.ttl('k')).to.equal(60)
  })

  for (const policy of POLICIES) {
    it(`bring back the order of the policy '${policy}', be there room for all or not`, async () => {
      const cache = new MemoryCache({ maxEntries: 100, policy })
      for (let i = 0; i < 300; i++) {
        cache.set(`key ${i}`, i)
        cache.get(`key ${(i * 7) % 40}`)
      }
      const order = keysOf(cache)
      await cache.dump(path)

      const same = new MemoryCache({ maxEntries: 100, policy })
      expect(await same.load(path)).to.deep.equal({ entries: 100, expired: 0, skipped: 0 })
      expect(keysOf(same)).to.deep.equal(order)

      const smaller = new MemoryCache({ maxEntries: 30, policy })
      expect(await smaller.load(path)).to.deep.equal({ entries: 30, expired: 0, skipped: 70 })
      expect(keysOf(smaller)).to.deep.equal(order.slice(-30))
    })
  }

  it('leave out what has no room among the bytes, the coldest first', async () => {
    const cache = new MemoryCache({ maxBytes: 100, weigher: (value) => value as number, policy: 'lru' })
    for (const weight of [40, 10, 0, 20, 30]) cache.set(`weighs ${weight}`, weight)
    await cache.dump(path)

    const smaller = new MemoryCache({ maxBytes: 55, weigher: (value) => value as number, policy: 'lru' })
    await smaller.load(path)
    expect([...smaller.keys()].sort()).to.deep.equal(['weighs 0', 'weighs 20', 'weighs 30'])
  })

  it('leave alone what is in the cache already', async () => {
    const cache = new MemoryCache()
    cache.setMany({ a: 'old', b: 'old' })
    await cache.dump(path)
    cache.set('a', 'new')
    cache.remove('b')
    expect(await cache.load(path)).to.deep.equal({ entries: 1, expired: 0, skipped: 1 })
    expect(cache.getMany(['a', 'b'])).to.deep.equal(['new', 'old'])
  })

  it('skip and count what the coder cannot write', async () => {
    const cache = new AsyncMemoryCache()
    const failed: unknown[] = []
    cache.on('encodeError', ({ key, error }) => failed.push(key, error instanceof CoderError))
    await cache.set('f', () => {})
    await cache.set('v', 1)
    expect(await cache.dump(path)).to.deep.equal({ entries: 1, skipped: 1 })
    expect(failed).to.deep.equal(['f', true])
  })

  it('keep to the prefix of the cache, and take its keys to another one', async () => {
    const cache = new MemoryCache({ prefix: 'a:' })
    const neighbour = new MemoryCache({ prefix: 'b:', store: cache.store })
    cache.set('k', 1)
    neighbour.set('n', 2)
    expect(await cache.dump(path)).to.include({ entries: 1 })

    const other = new MemoryCache({ prefix: 'c:', isolation: 'clone' })
    await other.load(path)
    expect([...other.keys()]).to.deep.equal(['k'])
    expect(other.store.find('c:k')).to.be.above(0)
  })

  it('bring back any key, and entries of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 1e5 })),
        async (sizes) => {
          const entries = new Map(Object.entries(sizes).map(([key, size]) => [`${key}\ud800`, 'x'.repeat(size)]))
          const cache = new MemoryCache()
          cache.setMany(entries)
          await cache.dump(path)
          const other = new MemoryCache()
          await other.load(path)
          expect(
            new Map(
              other
                .policy()
                .coldest<string>()
                .map(({ key, value }) => [key, value]),
            ),
          ).to.deep.equal(entries)
        },
      ),
      { numRuns: 20 },
    )
  })

  describe('a file that is not whole', () => {
    let bytes: Buffer
    let cache: MemoryCache

    beforeEach(async () => {
      const whole = new MemoryCache()
      for (let i = 0; i < 20; i++) whole.set(`key ${i}`, { i })
      await whole.dump(path)
      bytes = readFileSync(path)
      cache = new MemoryCache()
      cache.set('there', 1)
    })

    async function expectRefusal(broken: Uint8Array, what: string): Promise<void> {
      writeFileSync(path, broken)
      try {
        await cache.load(path)
      } catch (error) {
        if (!(error instanceof CoderError)) throw error
        expect(error.code).to.equal('E_DUMP')
        expect([...cache.keys()], what).to.deep.equal(['there'])
        return
      }
      expect.fail(`${what} was loaded`)
    }

    it('is refused wherever it is cut off, and nothing is changed', async () => {
      for (let length = 0; length < bytes.length; length += 3) {
        await expectRefusal(bytes.subarray(0, length), `the first ${length} bytes`)
      }
    })

    it('is refused wherever a bit of it is another one, and nothing is changed', async () => {
      for (let at = 0; at < bytes.length; at += 3) {
        const broken = Buffer.from(bytes)
        broken[at]! ^= 1 << (at % 8)
        await expectRefusal(broken, `another byte at ${at}`)
      }
    })

    it('is refused when it is longer than it should be', () =>
      expectRefusal(Buffer.concat([bytes, bytes]), 'twice as much'))
  })

  it('throw an AdapterError when there is no file', async () => {
    const error = await new MemoryCache().load(path).catch((error: unknown) => error)
    expect(error).to.be.instanceOf(AdapterError)
    expect((error as AdapterError).verb).to.equal('load')
    expect((error as AdapterError).cause).to.include({ code: 'ENOENT' })
  })

  it('replace the file at once, and leave the one before and nothing else when they cannot', async () => {
    const cache = new MemoryCache()
    cache.set('k', 1)
    mkdirSync(path)
    const error = await cache.dump(path).catch((error: unknown) => error)
    expect(error).to.be.instanceOf(AdapterError)
    expect(readdirSync(folder)).to.deep.equal(['cache.dump'])

    const nested = join(folder, 'a', 'b', 'cache.dump')
    await Promise.all([cache.dump(nested), cache.dump(nested), cache.dump(nested)])
    expect(readdirSync(join(folder, 'a', 'b'))).to.deep.equal(['cache.dump'])
    expect(await new MemoryCache().load(nested)).to.include({ entries: 1 })
  })

  it('write what is there at some moment when the cache is used meanwhile', async () => {
    const cache = new MemoryCache()
    for (let i = 0; i < 5000; i++) cache.set(`key ${i}`, 'x'.repeat(100))
    const dumping = cache.dump(path)
    expect(existsSync(path)).to.equal(false)
    for (let i = 0; i < 100; i++) {
      cache.remove(`key ${4000 + i}`)
      cache.set(`new ${i}`, 1)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await dumping
    const other = new MemoryCache()
    await other.load(path)
    expect(other.store.size).to.be.within(4900, 5100)
    expect(other.get('key 0')).to.have.lengthOf(100)
  })
})
