import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { RedisStore } from '../../../adapters/redis/store.ts'
import { AdapterError, CoderError, ConnectionFailed } from '../../../lib/core/errors.ts'
import { redis } from '../../support/servers.ts'
import { closeOpened, failure, type Opened, opened, ownPrefix } from './opened.ts'

describe('RedisStore, with what a server may hold or refuse', () => {
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

  describe('with a key of another type', () => {
    beforeEach(() => raw.rpush(key('list'), 'x'))

    it('takes it for missing, and tells of it', async () => {
      expect(await store.load(key('list'))).to.equal(undefined)
      const [event, name, facts] = cache.told.at(-1)!
      expect([event, name]).to.deep.equal(['decodeError', key('list')])
      expect(facts)
        .to.have.property('error')
        .that.is.instanceOf(CoderError)
        .with.property('message')
        .that.contains('list')
      expect(await store.loadMany([key('list'), key('none')])).to.deep.equal([undefined, undefined])
    })

    it('replaces it at the next saving, and removes it', async () => {
      await store.save(key('list'), 'y', null)
      expect(String(await store.load(key('list')))).to.equal('y')
      await raw.del(key('list'))
      await raw.rpush(key('list'), 'x')
      expect(await store.drop([key('list')])).to.equal(1)
    })

    it('replaces and removes it in an exchange', async () => {
      const { wire, version } = await store.loadVersioned(key('list'))
      expect(wire).to.equal(undefined)
      expect(await store.compareAndSave(key('none'), version, 'y', null)).to.equal(false)
      expect(await store.compareAndSave(key('list'), version, 'y', 5000)).to.equal(true)
      expect(await store.compareAndSave(key('list'), version, 'z', null)).to.equal(false)
      expect(String(await store.load(key('list')))).to.equal('y')

      await raw.del(key('list'))
      await raw.hset(key('list'), 'x', '1')
      expect(await store.compareAndSave(key('list'), 'y', 'z', null)).to.equal(false)
      expect(await store.compareAndSave(key('list'), undefined, 'z', null)).to.equal(false)
      expect(await store.compareAndSave(key('list'), version, undefined, null)).to.equal(true)
      expect(await raw.exists(key('list'))).to.equal(0)
    })
  })

  describe('with a server that refuses', () => {
    it('says in the words of the server that memory is full, and reads on', async () => {
      const server = await redis({ args: ['--maxmemory', '1kb', '--maxmemory-policy', 'noeviction'] })
      const full = opened({ url: server.url }).store
      for (const attempt of [() => full.save('a', 'x', null), () => full.compareAndSave('a', undefined, 'x', null)]) {
        const error = await failure(attempt())
        expect(error).to.be.instanceOf(AdapterError).and.not.instanceOf(ConnectionFailed)
        expect(error.message).to.contain('OOM command not allowed').and.contain(server.url)
      }
      expect(await full.load('a')).to.equal(undefined)
      await server.close()
    })

    it('removes by DEL where UNLINK is unknown', async () => {
      const server = await redis({ args: ['--rename-command', 'UNLINK', ''] })
      const old = opened({ url: server.url }).store
      for (let turn = 0; turn < 2; turn++) {
        await old.saveMany(['a', 'b'].map((name) => [name, 'x', null]))
        expect(await old.drop(['a', 'b', 'c'])).to.equal(2)
      }
      await server.close()
    })

    it('asks for the master again when it has become a replica', async () => {
      const server = await redis({})
      const { store: written, events } = opened({ url: server.url })
      await written.save('a', 'x', null)
      const other = new Redis(server.url)
      await other.replicaof('127.0.0.1', server.port + 1)
      const error = await failure(written.save('a', 'y', null))
      expect(error).to.be.instanceOf(ConnectionFailed).with.property('message').that.contains('READONLY')
      await other.replicaof('NO', 'ONE')
      await written.save('a', 'y', null)
      expect(events()).to.deep.equal(['connect', 'disconnect', 'connect'])
      await other.quit()
      await server.close()
    })
  })
})
