import { expect } from 'chai'
import { type Address, memcached } from '../../support/servers.ts'
import { client, closeAll, type Opened, type Options, open, text } from './support.ts'

const MINUTE = 60_000

/** The verbs are the same over every kind of connection. */
const WAYS: Record<string, (port: number) => Options> = {
  'connections of its own': () => ({}),
  'a ready client': (port) => ({ client: client(port) }),
  'a client made with options': () => ({ options: { poolSize: 2 } }),
}

for (const [way, options] of Object.entries(WAYS))
  describe(`MemcachedStore over ${way}`, () => {
    let server: Address
    let opened: Opened
    beforeEach(async () => {
      server = await memcached()
      opened = open(server, options(server.port))
    })
    afterEach(closeAll)

    const key = (name: string) => opened.prefix + name
    const save = (name: string, wire: string | Uint8Array) => opened.store.save(key(name), wire, MINUTE)
    const load = async (name: string) => text(await opened.store.load(key(name)))

    it('loads what was saved, and nothing under other keys', async () => {
      await save('a', 'one')
      expect(await load('a')).to.equal('one')
      expect(await load('b')).to.equal(undefined)
      await save('a', 'two')
      expect(await load('a')).to.equal('two')
    })

    it('keeps any text and any bytes as they were', async () => {
      const texts = [
        '',
        'x',
        'ü',
        '😀',
        'a\r\nb',
        '\r\n',
        'END\r\n',
        'VALUE a 0 1\r\nx\r\nEND\r\n',
        '$&',
        '\0',
        'x'.repeat(500_000),
        'ü'.repeat(400_000),
      ]
      for (const wire of texts) {
        await save('v', wire)
        expect((await load('v')) === wire, JSON.stringify(wire.slice(0, 20))).to.equal(true)
      }
      const every = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) >> 3)
      await save('v', every)
      expect(Buffer.compare((await opened.store.load(key('v'))) as Uint8Array, every)).to.equal(0)
    })

    it('keeps texts and bytes apart that are sent in one write', async () => {
      const wires = ['plain', 'ü', Buffer.from([0xff, 13, 10]), 'x'.repeat(20_000), '', Buffer.alloc(0), 'last']
      await Promise.all(wires.map((wire, i) => save(`${i}`, wire)))
      const back = await opened.store.loadMany(wires.map((_, i) => key(`${i}`)))
      expect(back.map((wire) => Buffer.from(wire!).toString('hex'))).to.deep.equal(
        wires.map((wire) => Buffer.from(wire as string).toString('hex')),
      )
    })

    it('keeps all keys apart', async () => {
      const long = 'k'.repeat(10_000)
      const names = [
        '',
        ' ',
        'a b',
        'a\r\nflush_all',
        'a\nb',
        '\0',
        'a$$b',
        'a$b',
        'a$&b',
        '*',
        '?',
        ':',
        'ü',
        '😀',
        '\ud83d',
        '\ude00',
        '\uffff',
        '__proto__',
        'constructor',
        'then',
        '%',
        '%20',
        '@generation',
        long,
        `${long}1`,
        `${long} `,
      ]
      await save('bystander', 'still here')
      await Promise.all(names.map((name, i) => save(name, `${i}`)))
      expect(await Promise.all(names.map(load))).to.deep.equal(names.map((_, i) => `${i}`))
      expect(await opened.store.drop(names.map(key))).to.equal(names.length)
      expect(await load('bystander')).to.equal('still here')
    })

    it('drops many keys, and counts those that were there', async () => {
      await save('a', '1')
      await save('b', '2')
      expect(await opened.store.drop([key('a'), key('none'), key('b'), key('a')])).to.equal(2)
      expect(await opened.store.drop([])).to.equal(0)
      expect(await load('a')).to.equal(undefined)
    })

    it('loads and saves many entries, in order', async () => {
      const names = Array.from({ length: 3000 }, (_, i) => `${i}`)
      await opened.store.saveMany(names.map((name) => [key(name), `v${name}`, MINUTE] as const))
      const back = await opened.store.loadMany([...names, 'none'].map(key))
      expect(back.map(text)).to.deep.equal([...names.map((name) => `v${name}`), undefined])
    })

    it('swaps a value only if it has not changed', async () => {
      const { store } = opened
      const nothing = await store.loadVersioned(key('a'))
      expect(nothing).to.deep.equal({ wire: undefined, version: undefined })
      expect(await store.compareAndSave(key('a'), nothing.version, undefined, null)).to.equal(true)
      expect(await store.compareAndSave(key('a'), nothing.version, 'one', MINUTE)).to.equal(true)
      expect(await store.compareAndSave(key('a'), nothing.version, 'again', MINUTE)).to.equal(false)
      expect(await store.compareAndSave(key('a'), nothing.version, undefined, null)).to.equal(false)

      const one = await store.loadVersioned(key('a'))
      expect(text(one.wire)).to.equal('one')
      expect(one.version).to.be.a('string')
      expect(await store.compareAndSave(key('a'), one.version, 'two', MINUTE)).to.equal(true)
      expect(await store.compareAndSave(key('a'), one.version, 'three', MINUTE)).to.equal(false)
      expect(await store.compareAndSave(key('a'), one.version, undefined, null)).to.equal(false)
      expect(await load('a')).to.equal('two')

      const two = await store.loadVersioned(key('a'))
      expect(await store.compareAndSave(key('a'), two.version, undefined, null)).to.equal(true)
      expect(await store.compareAndSave(key('a'), two.version, 'four', MINUTE)).to.equal(false)
      expect(await load('a')).to.equal(undefined)
    })

    it('drops an entry when it expires, and not before', async () => {
      const { store } = opened
      await store.save(key('brief'), 'x', 700)
      await store.save(key('year'), 'x', 366 * 24 * 60 * MINUTE)
      await store.save(key('century'), 'x', 100 * 366 * 24 * 60 * MINUTE)
      await store.save(key('ever'), 'x', null)
      await new Promise((resolve) => setTimeout(resolve, 700))
      expect(await load('brief')).to.equal('x')
      await new Promise((resolve) => setTimeout(resolve, 2500))
      expect(await load('brief')).to.equal(undefined)
      for (const name of ['year', 'century', 'ever']) expect(await load(name), name).to.equal('x')
    })
  })
