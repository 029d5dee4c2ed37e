import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { MongoStore } from '../../../adapters/mongo/store.ts'
import { ValueTooLarge } from '../../../lib/core/errors.ts'
import type { Documents } from './documents.ts'
import { closeOpened, failure, listed, type Opened, opened, until } from './opened.ts'
import { Refusal, type WireServer, wireServer } from './wire-server.ts'

const MB = 1024 * 1024

describe('MongoStore over a stand-in for MongoDB that speaks its wire protocol', () => {
  let server: WireServer
  let documents: Documents
  let cache: Opened
  let store: MongoStore
  let prefix: string
  const key = (name: string): string => prefix + name

  before(async () => {
    server = await wireServer()
    documents = server.collection('polycache', 'cache')
  })
  beforeEach(() => {
    cache = opened({ url: server.url })
    store = cache.store
    prefix = `${randomUUID()}:`
  })
  afterEach(async () => {
    server.before = () => {}
    await closeOpened()
  })
  after(() => server.close())

  it('gives back what was saved: text as text, bytes as bytes, empty ones too', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    const view = new Uint8Array(bytes.buffer, 16, 32)
    for (const wire of ['text', 'é\u0000\r\n😀', '', bytes, view, new Uint8Array(0), Buffer.from('b')]) {
      await store.save(key('a'), wire, null)
      const expected = typeof wire === 'string' ? wire : Buffer.from(wire)
      expect(await store.load(key('a'))).to.deep.equal(expected)
      expect(await store.loadMany([key('a'), key('b')])).to.deep.equal([expected, undefined])
      expect((await store.loadVersioned(key('a'))).wire).to.deep.equal(expected)
    }
  })

  it('connects at the first verb, and not before', async () => {
    const { connections } = server
    await sleep(20)
    expect(server.connections).to.equal(connections)
    await store.load(key('a'))
    expect(server.connections).to.be.above(connections)
    expect(cache.events).to.deep.equal(['connect'])
  })

  it('has the server delete by the date until which to keep, and makes that index once', async () => {
    await Promise.all([
      store.save(key('a'), 'x', 1),
      store.save(key('b'), 'x', 60_000),
      store.save(key('c'), 'x', null),
    ])
    await store.close()
    await store.load(key('a'))
    await store.close()
    expect(documents.lives).to.deep.equal(new Map([['until', 0]]))
    const made = server.commands.filter((command) => 'createIndexes' in command && command.$db === 'polycache')
    expect(made.filter((command) => 'lsid' in command).length).to.equal(made.length)
    expect(documents.all.has(key('a'))).to.equal(true)
    server.sweep()
    expect(['a', 'b', 'c'].map((name) => documents.all.has(key(name)))).to.deep.equal([false, true, true])
  })

  it('goes on where the server refuses the index, and tells of it', async () => {
    server.before = (command) => {
      if ('createIndexes' in command) throw new Refusal(13, 'not authorized on polycache to execute command')
    }
    await store.save(key('a'), 'x', null)
    expect(await store.load(key('a'))).to.equal('x')
    await until(() => cache.errors.length === 1)
    expect(String(cache.errors[0])).to.contain('not authorized')
  })

  it('takes for missing what has expired, though the server has not yet deleted it', async () => {
    await store.save(key('a'), 'x', 1)
    await store.save(key('b'), 'x', 60_000)
    await sleep(10)
    expect(documents.all.has(key('a'))).to.equal(true)
    expect(await store.load(key('a'))).to.equal(undefined)
    expect(await store.loadMany([key('a'), key('b')])).to.deep.equal([undefined, 'x'])
    const { wire, version } = await store.loadVersioned(key('a'))
    expect(wire).to.equal(undefined)
    expect(await store.drop([key('a'), key('b')])).to.equal(1)
    expect(await store.compareAndSave(key('a'), version, 'new', null)).to.equal(true)
    expect(await store.load(key('a'))).to.equal('new')
  })

  it('keeps for the time it was told from when it is sent, not from when it was asked', async () => {
    await store.save(key('a'), 'x', 5000)
    server.before = () => sleep(30)
    const asked = Date.now()
    await Promise.all([store.load(key('b')), store.load(key('a')), store.save(key('a'), 'y', 5000)])
    expect((documents.all.get(key('a'))!.until as Date).getTime()).to.be.at.least(asked + 5030)
  })

  it('keeps apart keys that UTF-8 cannot, and lists them in pages', async () => {
    const odd = [
      '\ud800',
      '\ud801',
      '\udc00',
      '\uffff',
      '\ufffd',
      '😀',
      '\ude00\ud83d',
      '',
      '\0',
      '*',
      '$gt',
      '__proto__',
    ]
    const all = [...odd, ...Array.from({ length: 2100 }, (_, i) => `n${i}`)].map(key)
    await store.saveMany(all.map((name, i) => [name, String(i), 60_000]))
    expect(await store.loadMany(all)).to.deep.equal(all.map((_, i) => String(i)))
    expect((await listed(store.list(prefix))).sort()).to.deep.equal(all.sort())
    expect(await store.drop([...all, key('none')])).to.equal(all.length)
  })

  for (const [begin, inside, outside] of [
    ['a', ['a', 'ab', 'a\uffff', 'a😀', 'a\u{10ffff}'], ['b', 'A', '']],
    ['a\ud83d', ['a😀', 'a\ud83d', 'a\ud83dx'], ['a', 'a\ue000', 'a🁀'.replace('\ud83c', '\ud83e')]],
    ['\u{10ffff}', ['\u{10ffff}', '\u{10ffff}a'], ['\uffff', 'z']],
    ['\ud7ff', ['\ud7ff', '\ud7ffx'], ['\ue000']],
    ['a.*', ['a.*', 'a.*b'], ['a.b', 'ab']],
  ] as const) {
    it(`finds and wipes what begins with ${JSON.stringify(begin)}, and nothing else`, async () => {
      await store.saveMany([...inside, ...outside].map((name) => [key(name), 'x', null]))
      expect((await listed(store.list(key(begin)))).sort()).to.deep.equal(inside.map(key).sort())
      await store.wipe(key(begin))
      expect((await listed(store.list(prefix))).sort()).to.deep.equal(outside.map(key).sort())
    })
  }

  it('asks for what begins with the prefix, and not for all that comes after it', async () => {
    await store.saveMany(['a1', 'b1'].map((name) => [key(name), 'x', null]))
    const from = server.commands.length
    await listed(store.list(key('a')))
    const asked = server.commands.slice(from).filter((command) => 'find' in command)
    expect(asked.map(({ filter }) => filter)).to.deep.equal([{ _id: { $gte: key('a'), $lt: key('b') } }])
  })

  it('finds all there is without a prefix, but what has no text for a key', async () => {
    const own = opened({ url: server.url, database: 'own', collection: 'all' }).store
    await own.save('a', 'x', null)
    await own.save('\u{10ffff}', 'x', null)
    server.collection('own', 'all').insert({ _id: 7 })
    expect(await listed(own.list(''))).to.deep.equal(['a', '\u{10ffff}'])
    await own.wipe('')
    expect([...server.collection('own', 'all').all.keys()]).to.deep.equal([7])
  })

  describe('exchanging', () => {
    it('puts a form where nothing is, once', async () => {
      expect(await store.loadVersioned(key('a'))).to.deep.equal({ wire: undefined, version: undefined })
      const attempts = ['1', '2', '3'].map((wire) => store.compareAndSave(key('a'), undefined, wire, 5000))
      expect(await Promise.all(attempts)).to.deep.equal([true, false, false])
      expect(await store.load(key('a'))).to.equal('1')
      expect(await store.compareAndSave(key('b'), undefined, undefined, null)).to.equal(true)
      expect(await store.compareAndSave(key('a'), undefined, undefined, null)).to.equal(false)
    })

    it('replaces or removes the state that was seen, and no other', async () => {
      await store.save(key('a'), 'same', null)
      const { version } = await store.loadVersioned(key('a'))
      await store.save(key('a'), 'same', null)
      expect(await store.compareAndSave(key('a'), version, 'new', null)).to.equal(false)
      expect(await store.compareAndSave(key('a'), version, undefined, null)).to.equal(false)
      const now = await store.loadVersioned(key('a'))
      expect(await store.compareAndSave(key('a'), now.version, 'new', null)).to.equal(true)
      expect(await store.compareAndSave(key('a'), now.version, 'newer', null)).to.equal(false)
      const last = await store.loadVersioned(key('a'))
      expect(await store.compareAndSave(key('a'), last.version, undefined, null)).to.equal(true)
      expect(await store.compareAndSave(key('a'), last.version, 'x', null)).to.equal(false)
      expect(documents.all.has(key('a'))).to.equal(false)
    })

    it('fails for the state that was seen when the server has deleted it since', async () => {
      await store.save(key('a'), 'x', 1)
      const { version } = await store.loadVersioned(key('a'))
      await sleep(10)
      server.sweep()
      expect(await store.compareAndSave(key('a'), version, 'new', null)).to.equal(false)
    })
  })

  it('saves a new key again when another upsert of it came in between', async () => {
    let refusals = 2
    server.before = (command) => {
      if ('update' in command && refusals-- > 0) throw new Refusal(11_000, 'E11000 duplicate key error')
    }
    await store.save(key('a'), 'x', null)
    expect(await store.load(key('a'))).to.equal('x')
  })

  it('saves the last of several under one key, and none at all', async () => {
    await store.saveMany([
      [key('a'), '1', null],
      [key('b'), 'x', null],
      [key('a'), '2', null],
    ])
    expect(await store.loadMany([key('a'), key('b'), key('a')])).to.deep.equal(['2', 'x', '2'])
    await store.saveMany([])
    expect(await store.loadMany([])).to.deep.equal([])
    expect(await store.drop([])).to.equal(0)
    expect(await store.drop([key('a'), key('a')])).to.equal(1)
  })

  it('takes values up to 16 MB, and refuses what is larger without asking the server', async () => {
    const large = opened({ url: server.url, operationTimeout: '30s' }).store
    const most = 16 * MB - 256 - key('a').length
    for (const wire of ['x'.repeat(most), Buffer.alloc(most)]) {
      await large.save(key('a'), wire, 60_000)
      expect(await large.load(key('a'))).to.have.length(most)
    }
    const asked = server.commands.length
    for (const wire of ['x'.repeat(most + 1), 'é'.repeat(most / 2 + 1), Buffer.alloc(60 * MB)]) {
      expect(await failure(large.save(key('a'), wire, null))).to.be.instanceOf(ValueTooLarge)
      expect(await failure(large.compareAndSave(key('a'), undefined, wire, null))).to.be.instanceOf(ValueTooLarge)
    }
    expect(server.commands.length).to.equal(asked)
    await large.save(key('a'), 'é'.repeat(most / 2), null)
    await large.drop([key('a')])
  }).timeout(30_000)

  it('saves the others when one of many is too large, and tells of it', async () => {
    const savings = [key('a'), key('b'), key('c')].map(
      (name, i) => [name, 'x'.repeat(i === 1 ? 17 * MB : 1), null] as const,
    )
    expect(await failure(store.saveMany(savings))).to.be.instanceOf(ValueTooLarge)
    expect(await store.loadMany([key('a'), key('b'), key('c')])).to.deep.equal(['x', undefined, 'x'])
  })

  it('says what the server says', async () => {
    server.before = (command) => {
      if ('find' in command) throw new Refusal(2, 'bad value')
      if ('update' in command) throw new Refusal(10_334, 'object to insert too large')
      if ('ping' in command) throw new Refusal(13, 'command ping requires authentication')
    }
    const found = await failure(store.load(key('a')))
    expect(found).to.have.property('name', 'AdapterError')
    expect(found.message).to.equal(`MongoDB at ${server.url} says: bad value.`)
    expect(await failure(store.save(key('a'), 'x', null))).to.be.instanceOf(ValueTooLarge)
    const refused = await failure(store.ping())
    expect(refused).to.have.property('name', 'ConnectionFailed')
    expect(refused.message).to.contain('Check the user')
  })
})
