import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { RedisStore } from '../../../adapters/redis/store.ts'
import { AdapterError } from '../../../lib/core/errors.ts'
import { redis } from '../../support/servers.ts'
import { closeOpened, failure, listed, type Opened, opened, ownPrefix } from './opened.ts'

const LIVES_LONG = 60_000

describe('RedisStore', () => {
  let url: string
  let raw: Redis
  let cache: Opened
  let store: RedisStore
  let prefix: string
  const key = (name: string): string => prefix + name

  before(async () => {
    url = (await redis()).url
    raw = new Redis(url)
  })

  beforeEach(() => {
    cache = opened({ url })
    store = cache.store
    prefix = ownPrefix()
  })

  afterEach(closeOpened)
  after(() => raw.quit())

  describe('loading and saving', () => {
    it('gives back the bytes of what was saved, text or bytes, empty ones too', async () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
      const view = new Uint8Array(bytes.buffer, 16, 32)
      for (const wire of ['text', 'é\u0000\r\n😀', '', bytes, view, new Uint8Array(0), Buffer.from('b')]) {
        await store.save(key('a'), wire, null)
        expect(await store.load(key('a'))).to.deep.equal(Buffer.from(wire as Uint8Array))
      }
    })

    it('gives undefined for what is not there', async () => {
      expect(await store.load(key('nothing'))).to.equal(undefined)
    })

    it('gives nothing back for what was saved, and the text OK as any other', async () => {
      expect(await store.save(key('a'), 'OK', null)).to.equal(undefined)
      expect(await store.saveMany([[key('a'), 'OK', null]])).to.equal(undefined)
      expect(String(await store.load(key('a')))).to.equal('OK')
    })

    it('keeps for the time it was told, to the millisecond and not less', async () => {
      await store.save(key('a'), 'x', 12_345.1)
      expect(await raw.pexpiretime(key('a'))).to.be.within(Date.now() + 11_000, Date.now() + 12_346)
      await store.save(key('b'), 'x', 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(await store.load(key('b'))).to.equal(undefined)
    })

    it('keeps for ever when told so, over what had a limit', async () => {
      await store.save(key('a'), 'x', 1000)
      await store.save(key('a'), 'y', null)
      expect(await raw.pttl(key('a'))).to.equal(-1)
    })

    it('takes values of 100 MB', async () => {
      const large = opened({ url, operationTimeout: '30s' }).store
      await large.save(key('large'), Buffer.alloc(100_000_000, 'x'), LIVES_LONG)
      expect(await large.load(key('large'))).to.have.length(100_000_000)
      await large.drop([key('large')])
    }).timeout(60_000)

    it('keeps apart keys that UTF-8 cannot', async () => {
      const odd = [
        '\ud800',
        '\ud801',
        '\udc00',
        '\uffff',
        '\ufffd',
        '😀',
        '\ude00\ud83d',
        '',
        '\u0000',
        'a b\r\n',
        '*',
        '{',
        '__proto__',
      ]
      await store.saveMany(odd.map((name, i) => [key(name), String(i), LIVES_LONG]))
      const found = await store.loadMany(odd.map(key))
      expect(found.map(String)).to.deep.equal(odd.map((_, i) => String(i)))
      expect((await listed(store.list(prefix))).sort()).to.deep.equal(odd.map(key).sort())
    })

    it('connects at the first verb, and not before', async () => {
      expect(cache.events()).to.deep.equal([])
      await store.load(key('a'))
      expect(cache.events()).to.deep.equal(['connect'])
    })

    it('carries out verbs in the order of the calls, also those that came before the connection stood', async () => {
      const done = Array.from({ length: 50 }, (_, i) => store.save(key('a'), String(i), null))
      const seen = store.load(key('a'))
      await Promise.all(done)
      expect(String(await seen)).to.equal('49')
    })
  })

  describe('with many keys', () => {
    it('loads in the order of the keys, with undefined where nothing is', async () => {
      await store.saveMany([
        [key('a'), 'A', null],
        [key('c'), Buffer.from('C'), LIVES_LONG],
      ])
      const found = await store.loadMany(['c', 'b', 'a', 'c'].map(key))
      expect(found).to.deep.equal([Buffer.from('C'), undefined, Buffer.from('A'), Buffer.from('C')])
      expect(await raw.pttl(key('a'))).to.equal(-1)
      expect(await raw.pttl(key('c'))).to.be.within(1, LIVES_LONG)
    })

    it('takes none at all', async () => {
      expect(await store.loadMany([])).to.deep.equal([])
      expect(await store.drop([])).to.equal(0)
      await store.saveMany([])
    })

    it('takes more than one command can', async () => {
      const names = Array.from({ length: 2345 }, (_, i) => key(String(i)))
      await store.saveMany(names.map((name) => [name, name, LIVES_LONG]))
      expect((await store.loadMany(names)).map(String)).to.deep.equal(names)
      expect(await store.drop([...names, key('none')])).to.equal(2345)
    })

    it('counts those that were there, each once', async () => {
      await store.saveMany(['a', 'b'].map((name) => [key(name), 'x', null]))
      expect(await store.drop([key('a'), key('a'), key('b'), key('c')])).to.equal(2)
      expect(await store.drop([key('a')])).to.equal(0)
    })

    it('reports the first failure of several savings, and makes the others', async () => {
      const savings = [key('a'), key('b'), key('c')].map((name, i) => [name, 'x', i === 1 ? -1 : null] as const)
      const error = await failure(store.saveMany(savings))
      expect(error).to.be.instanceOf(AdapterError).with.property('message').that.contains('invalid expire time')
      expect((await store.loadMany([key('a'), key('c')])).map(String)).to.deep.equal(['x', 'x'])
    })
  })

  describe('exchanging', () => {
    it('puts a form where nothing is, once', async () => {
      expect(await store.loadVersioned(key('a'))).to.deep.equal({ wire: undefined, version: undefined })
      const attempts = ['1', '2', '3'].map((wire) => store.compareAndSave(key('a'), undefined, wire, 5000))
      expect(await Promise.all(attempts)).to.deep.equal([true, false, false])
      expect(String(await store.load(key('a')))).to.equal('1')
      expect(await raw.pttl(key('a'))).to.be.within(1, 5000)
      expect(await store.compareAndSave(key('b'), undefined, 'x', null)).to.equal(true)
      expect(await raw.pttl(key('b'))).to.equal(-1)
    })

    it('replaces the state that was seen, and no other', async () => {
      await store.save(key('a'), Buffer.from([0, 255]), LIVES_LONG)
      const { wire, version } = await store.loadVersioned(key('a'))
      expect(wire).to.deep.equal(Buffer.from([0, 255]))
      // A mark may have been sent to another thread, which makes a plain array of a Buffer.
      expect(await store.compareAndSave(key('a'), Uint8Array.from(version as Uint8Array), 'new', 5000)).to.equal(true)
      expect(await raw.pttl(key('a'))).to.be.within(1, 5000)
      expect(await store.compareAndSave(key('a'), version, 'newer', null)).to.equal(false)
      expect(await store.compareAndSave(key('a'), 'new', 'newer', null)).to.equal(true)
      expect(await raw.pttl(key('a'))).to.equal(-1)
    })

    it('removes the state that was seen, and no other', async () => {
      await store.save(key('a'), '', null)
      expect(await store.compareAndSave(key('a'), 'other', undefined, null)).to.equal(false)
      expect(await store.compareAndSave(key('a'), '', undefined, null)).to.equal(true)
      expect(await raw.exists(key('a'))).to.equal(0)
      expect(await store.compareAndSave(key('a'), '', undefined, null)).to.equal(false)
      expect(await store.compareAndSave(key('a'), undefined, undefined, null)).to.equal(true)
      expect(await store.compareAndSave(key('a'), 'gone', 'x', null)).to.equal(false)
    })

    it('survives the server forgetting the script', async () => {
      await store.save(key('a'), '1', null)
      expect(await store.compareAndSave(key('a'), '1', '2', null)).to.equal(true)
      await raw.script('FLUSH')
      expect(await store.compareAndSave(key('a'), '2', '3', null)).to.equal(true)
    })
  })
})
