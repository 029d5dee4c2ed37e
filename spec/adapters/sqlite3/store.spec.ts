import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ConfigError } from '../../../lib/core/errors.ts'
import { all, Bench, failure, MODES, message } from './support.ts'

for (const mode of MODES) {
  describe(`SqliteStore (${mode})`, () => {
    let bench: Bench
    beforeEach(() => {
      bench = new Bench()
    })
    afterEach(() => bench.clear())

    it('loads text as text and bytes as bytes, at any size', async () => {
      const store = bench.store(mode)
      const bytes = Buffer.from([0, 255, 0, 128])
      const texts = ['', 'x', 'é漢😀\0!', 'y'.repeat(1_000_000)]
      for (const [i, text] of texts.entries()) await store.save(`text ${i}`, text, null)
      await store.save('bytes', bytes, null)
      await store.save('view', new Uint8Array([9, 8, 7, 6]).subarray(1, 3), null)
      await store.save('none', new Uint8Array(0), null)

      for (const [i, text] of texts.entries()) expect((await store.load(`text ${i}`)) === text).to.equal(true)
      expect(await store.load('bytes')).to.deep.equal(bytes)
      expect(await store.load('view')).to.deep.equal(Buffer.from([8, 7]))
      expect(await store.load('none')).to.deep.equal(Buffer.alloc(0))
      expect(await store.load('nothing')).to.equal(undefined)
    })

    it('keeps keys apart, whatever characters they have', async () => {
      const keys = [
        '',
        ' ',
        'a',
        'A',
        'a\0',
        'a\0b',
        'a%',
        'a_',
        'a*',
        "a'",
        'a"',
        '$$',
        '\n',
        '😀',
        '\ud83d',
        '\udc00',
        '\ufffd',
        '\uffff',
        '__proto__',
        'k'.repeat(10_000),
      ]
      const store = bench.store(mode)
      for (const [i, key] of keys.entries()) await store.save(key, `value ${i}`, null)
      for (const [i, key] of keys.entries()) expect(await store.load(key)).to.equal(`value ${i}`)
      expect(await store.loadMany(keys)).to.deep.equal(keys.map((_, i) => `value ${i}`))
      expect(await all(store.list(''))).to.have.members(keys)
      expect(await store.drop(keys)).to.equal(keys.length)
      expect(await all(store.list(''))).to.deep.equal([])
    })

    it('replaces a value and its TTL', async () => {
      let now = 1_000_000
      const store = bench.store(mode, { now: () => now })
      await store.save('k', 'one', 1000)
      await store.save('k', 'two', null)
      now += 60_001
      await store.save('other', '', null)
      expect(await store.load('k')).to.equal('two')
    })

    it('loads and saves many, in their order, the last of a repeated key winning', async () => {
      const store = bench.store(mode)
      const savings = Array.from({ length: 700 }, (_, i) => [`key ${i}`, `value ${i}`, null] as const)
      await store.saveMany([...savings, ['key 3', 'changed', null]])
      expect(await store.loadMany(['key 699', 'none', 'key 3', 'key 699'])).to.deep.equal([
        'value 699',
        undefined,
        'changed',
        'value 699',
      ])
      expect(await store.loadMany([])).to.deep.equal([])
      await store.saveMany([])
      expect((await store.loadMany(savings.map(([key]) => key))).filter((wire) => wire !== undefined)).to.have.length(
        700,
      )
    })

    it('drops many, and counts those that were there and had not expired', async () => {
      let now = 1_000_000
      const store = bench.store(mode, { now: () => now })
      await store.saveMany(Array.from({ length: 300 }, (_, i) => [`key ${i}`, 'v', null] as const))
      await store.save('short', 'v', 10)
      now += 10
      expect(await store.drop(['none', 'key 1', 'key 1', 'short'])).to.equal(1)
      expect(await store.load('short')).to.equal(undefined)
      expect(await store.drop(Array.from({ length: 300 }, (_, i) => `key ${i}`))).to.equal(299)
      expect(await store.drop([])).to.equal(0)
    })

    it('takes effect in the order of the calls', async () => {
      const store = bench.store(mode)
      const many = Array.from({ length: 300 }, (_, i) => [`key ${i}`, 'many', null] as const)
      const answers = [
        store.save('a', '1', null),
        store.load('a'),
        store.save('a', '2', null),
        store.load('a'),
        store.drop(['a']),
        store.load('a'),
        store.saveMany(many),
        store.load('key 299'),
        store.wipe('key'),
        store.load('key 299'),
      ]
      expect(await Promise.all(answers)).to.deep.equal([
        undefined,
        '1',
        undefined,
        '2',
        1,
        undefined,
        undefined,
        'many',
        undefined,
        undefined,
      ])
    })

    it('swaps a value only if it has not changed', async () => {
      const store = bench.store(mode)
      expect(await store.loadVersioned('k')).to.deep.equal({ wire: undefined, version: undefined })
      expect(await store.compareAndSave('k', undefined, undefined, null)).to.equal(true)
      expect(await store.compareAndSave('k', undefined, 'one', null)).to.equal(true)
      expect(await store.compareAndSave('k', undefined, 'two', null)).to.equal(false)
      expect(await store.compareAndSave('k', undefined, undefined, null)).to.equal(false)

      const { wire, version } = await store.loadVersioned('k')
      expect(wire).to.equal('one')
      expect(await store.compareAndSave('k', 'another', 'two', null)).to.equal(false)
      expect(await store.compareAndSave('k', Buffer.from('one'), 'two', null)).to.equal(false)
      expect(await store.compareAndSave('k', version, Buffer.from('two'), null)).to.equal(true)
      expect(await store.compareAndSave('k', version, undefined, null)).to.equal(false)

      const bytes = await store.loadVersioned('k')
      expect(bytes.wire).to.deep.equal(Buffer.from('two'))
      expect(await store.compareAndSave('k', new Uint8Array(bytes.version as Uint8Array), undefined, null)).to.equal(
        true,
      )
      expect(await store.load('k')).to.equal(undefined)
    })

    it('lists and wipes the keys of a prefix, and no others', async () => {
      const store = bench.store(mode)
      const inside = ['a%_*?', 'a%_*?b', 'a%_*?\0', 'a%_*?\u{10ffff}', 'a%_*?😀']
      const outside = ['', 'a', 'a%_*', 'a%_*>', 'a%_*@', 'A%_*?', 'b', 'axxxx']
      await store.saveMany([...inside, ...outside].map((key) => [key, 'v', null] as const))
      expect(await all(store.list('a%_*?'))).to.have.members(inside)
      await store.wipe('a%_*?')
      expect(await all(store.list(''))).to.have.members(outside)
      await store.wipe('')
      expect(await all(store.list(''))).to.deep.equal([])
    })

    it('finds the end of a prefix with the last code points', async () => {
      const store = bench.store(mode)
      for (const prefix of ['\ud7ff', '\ue000', '\u{10ffff}', 'x\u{10ffff}\u{10ffff}', '\0', '\uffff', '\ud800']) {
        await store.wipe('')
        await store.saveMany(
          [prefix, `${prefix}1`, `${prefix}\u{10ffff}`, 'x', 'y', '', '\ue001x', '\u{10fffe}z'].map(
            (key) => [key, 'v', null] as const,
          ),
        )
        expect(await all(store.list(prefix))).to.have.members([prefix, `${prefix}1`, `${prefix}\u{10ffff}`])
      }
    })

    it('lists page by page, while others write and without a transaction in their way', async () => {
      const store = bench.store(mode)
      const keys = Array.from({ length: 1200 }, (_, i) => `key ${String(i).padStart(4, '0')}`)
      await store.saveMany(keys.map((key) => [key, 'v', null] as const))

      const seen: string[] = []
      for await (const key of store.list('key ') as AsyncIterable<string>) {
        if (seen.push(key) === 10) await store.drop(keys.slice(5, 700))
      }
      expect(new Set(seen).size).to.equal(seen.length)
      expect(seen).to.include.members([...keys.slice(0, 5), ...keys.slice(700)])

      for await (const _ of store.list('key ') as AsyncIterable<string>) break
      const child = bench.child('checkpoint', bench.path)
      expect(await message(child)).to.deep.equal([{ busy: 0, log: 0, checkpointed: 0 }])
    })

    it('keeps two tables of one file apart, whatever their names', async () => {
      const names = ['cache', 'other', 'a "quoted" name', "it's; DROP TABLE cache", 'select', '漢字']
      const stores = names.map((table) => bench.store(mode, { table }))
      for (const [i, store] of stores.entries()) await store.save('k', names[i]!, null)
      for (const [i, store] of stores.entries()) expect(await store.load('k')).to.equal(names[i])
      await stores[0]!.wipe('')
      expect(await stores[1]!.load('k')).to.equal('other')
    })

    it('refuses an impossible table name', async () => {
      for (const table of ['', 'a\0b', 'sqlite_cache', 'SQLITE_x'])
        expect(await failure(() => bench.store(mode, { table }))).to.be.instanceOf(ConfigError)
    })

    it('purges expired entries a few rows at a time with the writes, and no others', async () => {
      let now = 1_000_000
      const store = bench.store(mode, { now: () => now, purgeEvery: '1m' })
      await store.saveMany(Array.from({ length: 1000 }, (_, i) => [`short ${i}`, 'v', 1000] as const))
      await store.saveMany(Array.from({ length: 300 }, (_, i) => [`long ${i}`, 'v', 600_000] as const))
      await store.saveMany(Array.from({ length: 300 }, (_, i) => [`ever ${i}`, 'v', null] as const))
      for (let i = 0; i < 20; i++) await store.save('w', 'v', null)
      const count = async () => (await all(store.list(''))).length
      expect(await count()).to.equal(1601)

      now += 60_000
      await store.save('w', 'v', null)
      expect(await count()).to.equal(1401)
      for (let i = 0; i < 20; i++) await store.save('w', 'v', null)
      expect(await count()).to.equal(601)

      now += 600_000
      for (let i = 0; i < 20; i++) await store.compareAndSave('w', (await store.loadVersioned('w')).version, 'v', null)
      expect(await count()).to.equal(301)
      expect(await store.loadMany(['ever 0', 'long 0', 'w'])).to.deep.equal(['v', undefined, 'v'])
    })

    it('never purges with purgeEvery: null', async () => {
      let now = 1_000_000
      const store = bench.store(mode, { now: () => now, purgeEvery: null })
      await store.save('k', 'v', 1)
      now += 1e9
      await store.save('w', 'v', null)
      expect(await store.load('k')).to.equal('v')
    })

    it('opens nothing before the first verb, and makes the folders that are missing', async () => {
      const path = join(bench.folder, 'some', 'deep folder', 'x.db')
      const store = bench.store(mode, { path })
      expect(existsSync(join(bench.folder, 'some'))).to.equal(false)
      await store.connect()
      expect(existsSync(path)).to.equal(true)
      await store.ping()
    })

    it('uses a write-ahead log, and leaves one file behind when it is closed', async () => {
      const store = bench.store(mode)
      await store.save('k', 'v', null)
      expect(readdirSync(bench.folder)).to.have.members(['cache.sqlite3', 'cache.sqlite3-wal', 'cache.sqlite3-shm'])
      await store.close()
      await store.close()
      expect(readdirSync(bench.folder)).to.deep.equal(['cache.sqlite3'])
      expect(await store.load('k')).to.equal('v')
      expect(bench.events()).to.deep.equal(['connect', 'disconnect', 'connect'])
    })

    it('shares one connection among the stores of a file, however its path is spelled, until the last is closed', async () => {
      const first = bench.store(mode)
      const second = bench.store(mode, {
        path: join(bench.folder, '..', bench.folder.split('/').pop()!, './cache.sqlite3'),
      })
      await first.save('k', 'v', null)
      expect(await second.load('k')).to.equal('v')
      await first.close()
      expect(existsSync(`${bench.path}-wal`)).to.equal(true)
      expect(await second.load('k')).to.equal('v')
      await second.close()
      expect(existsSync(`${bench.path}-wal`)).to.equal(false)
    })

    it('keeps a database in memory to itself', async () => {
      const [first, second] = [bench.store(mode, { path: ':memory:' }), bench.store(mode, { path: ':memory:' })]
      await first.save('k', 'v', null)
      expect(await first.load('k')).to.equal('v')
      expect(await second.load('k')).to.equal(undefined)
      expect(first.capabilities.shared).to.equal(false)
      await first.close()
      expect(await first.load('k')).to.equal(undefined)
    })
  })
}
