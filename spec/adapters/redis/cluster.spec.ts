import { expect } from 'chai'
import { Cluster } from 'ioredis'
import { slotOf } from '../../../adapters/redis/cluster.ts'
import type { RedisStore } from '../../../adapters/redis/store.ts'
import { CacheTimeout, ConnectionFailed, PartialFailure } from '../../../lib/core/errors.ts'
import { type RedisCluster, redisCluster } from '../../support/redis-groups.ts'
import { closeOpened, eventually, failure, listed, type Opened, opened, ownPrefix } from './opened.ts'

const LIVES_LONG = 60_000

describe('RedisStore over a Cluster', () => {
  let client: Cluster
  let cache: Opened
  let store: RedisStore
  let prefix: string
  const key = (name: string | number): string => prefix + name

  before(async () => {
    client = clientOf(await redisCluster())
  })

  beforeEach(() => {
    cache = opened({ client })
    store = cache.store
    prefix = ownPrefix()
  })

  afterEach(closeOpened)
  after(() => client.quit())

  it('does every verb on keys of all nodes', async () => {
    const names = Array.from({ length: 500 }, (_, i) => key(i))
    await store.saveMany(names.map((name) => [name, name, LIVES_LONG]))
    expect((await store.loadMany([...names, key('none')])).map(text)).to.deep.equal([...names, undefined])
    for (const name of names.slice(0, 20)) {
      expect(text(await store.load(name))).to.equal(name)
      expect(await store.compareAndSave(name, name, 'new', LIVES_LONG)).to.equal(true)
      expect(await store.compareAndSave(name, undefined, 'x', LIVES_LONG)).to.equal(false)
    }
    expect((await listed(store.list(prefix))).sort()).to.deep.equal(names.sort())
    expect(await store.drop([...names.slice(0, 200), key('none')])).to.equal(200)
    expect(await listed(store.list(prefix))).to.have.length(300)
    await store.wipe(prefix)
    expect(await listed(store.list(prefix))).to.deep.equal([])
  })

  it('knows the slot of every key, as the servers do', async () => {
    const names = [
      '',
      'a',
      'foo{bar}',
      '{',
      '}',
      '{}',
      '{}{a}',
      '}{a}',
      '{a',
      'x{é😀}{b}',
      '{{a}}',
      '\u0000',
      'é'.repeat(500),
    ]
    for (const name of [...names, ...Array.from({ length: 300 }, (_, i) => String(i * i))]) {
      const wanted = await client.cluster('KEYSLOT', name)
      expect(slotOf(name), name).to.equal(wanted)
      expect(slotOf(Buffer.from(name)), name).to.equal(wanted)
    }
  })

  it('does with keys of one slot what it does with others, more than one command can take', async () => {
    const names = Array.from({ length: 2500 }, (_, i) => key(`{tag}${i}`))
    await store.saveMany(names.map((name) => [name, name, LIVES_LONG]))
    expect((await store.loadMany([...names, names[0]!])).map(text)).to.deep.equal([...names, names[0]])
    expect(await store.drop(names)).to.equal(2500)
  })

  it('sends what belongs together to each node in one write', async () => {
    await store.ping()
    let writes = 0
    const undo = client.nodes('master').map(({ stream }) => {
      const { write, _writev, _write } = stream as never as Record<string, (...args: unknown[]) => unknown>
      const count = (real: typeof write) =>
        function (this: unknown, ...args: unknown[]) {
          writes++
          return real!.apply(this, args)
        }
      Object.assign(stream, { _writev: count(_writev), _write: count(_write) })
      return () => Object.assign(stream, { _writev, _write })
    })
    await store.loadMany(Array.from({ length: 300 }, (_, i) => key(i)))
    for (const restore of undo) restore()
    expect(writes).to.be.within(1, 3)
  })

  it('takes a key of another type for missing, alone and among others', async () => {
    await client.rpush(key('list'), 'x')
    await store.save(key('a'), 'A', LIVES_LONG)
    expect(await store.load(key('list'))).to.equal(undefined)
    expect(cache.events()).to.deep.equal(['decodeError'])
    expect((await store.loadMany([key('list'), key('a')])).map(text)).to.deep.equal([undefined, 'A'])
    const { version } = await store.loadVersioned(key('list'))
    expect(await store.compareAndSave(key('list'), version, 'y', LIVES_LONG)).to.equal(true)
  })

  it('keeps to the `keyPrefix` of the client', async () => {
    const behind = new Cluster(nodesOf(await redisCluster()), { keyPrefix: prefix })
    const { store: prefixed } = opened({ client: behind })
    await prefixed.saveMany(['a', 'b'].map((name) => [name, 'x', LIVES_LONG]))
    await store.save(`x${prefix}`, 'x', LIVES_LONG)
    expect((await listed(prefixed.list(''))).sort()).to.deep.equal(['a', 'b'])
    await prefixed.wipe('')
    expect(await listed(store.list(prefix))).to.deep.equal([])
    expect(await store.drop([`x${prefix}`])).to.equal(1)
    await behind.quit()
  })

  it('lists and wipes with a client that has yet to connect', async () => {
    await store.save(key('a'), 'x', LIVES_LONG)
    const fresh = new Cluster(nodesOf(await redisCluster()), { lazyConnect: true })
    const { store: first } = opened({ client: fresh })
    expect(await listed(first.list(prefix))).to.deep.equal([key('a')])
    await fresh.quit()
  })

  describe('of which a node fails', () => {
    let own: RedisCluster
    let frail: Cluster

    beforeEach(async () => {
      own = await redisCluster(3, { private: true })
      frail = clientOf(own)
      frail.on('error', () => {})
    })

    afterEach(async () => {
      frail.disconnect()
      await own.close()
    })

    it('goes on with the others, and with that one when it is back', async () => {
      const { store: cut } = opened({ client: frail, operationTimeout: 0.5 })
      const names = Array.from({ length: 100 }, (_, i) => key(i))
      await cut.saveMany(names.map((name) => [name, name, LIVES_LONG]))

      own.nodes[0]!.stop()
      const error = (await failure(cut.loadMany(names))) as PartialFailure
      expect(error).to.be.instanceOf(PartialFailure).with.property('cause').that.is.instanceOf(CacheTimeout)
      expect(error.failed.length).to.be.within(10, 60)
      const served = (error.answer as unknown[]).map(text)
      expect(served).to.deep.equal(names.map((name, i) => (error.failed.includes(i) ? undefined : name)))
      const answers = await Promise.allSettled(names.map((name) => cut.load(name)))
      const found = answers.filter(({ status }) => status === 'fulfilled')
      expect(found.length).to.be.within(40, 90)
      own.nodes[0]!.cont()
      expect((await eventually(() => cut.loadMany(names))).map(text)).to.deep.equal(names)
    })

    it('never takes the keys of a dead one for missing', async () => {
      const { store: cut } = opened({ client: frail, operationTimeout: 1 })
      const names = Array.from({ length: 100 }, (_, i) => key(i))
      await cut.saveMany(names.map((name) => [name, 'x', LIVES_LONG]))
      await own.nodes[0]!.kill()
      const verbs: (() => Promise<unknown>)[] = [
        () => cut.loadMany(names),
        () => listed(cut.list(prefix)),
        () => cut.wipe(prefix),
      ]
      for (const verb of verbs) {
        expect(await failure(eventually(verb, 800))).to.satisfy((error: Error) =>
          [ConnectionFailed, CacheTimeout, PartialFailure].some((type) => error instanceof type),
        )
      }
    })
  }).timeout(30_000)
})

function clientOf(cluster: RedisCluster): Cluster {
  return new Cluster(nodesOf(cluster))
}

function nodesOf({ nodes }: RedisCluster): { host: string; port: number }[] {
  return nodes.map(({ host, port }) => ({ host, port }))
}

function text(wire: unknown): string | undefined {
  return wire === undefined ? undefined : String(wire)
}
