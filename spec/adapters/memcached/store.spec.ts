import { expect } from 'chai'
import { MemcachedStore } from '../../../adapters/memcached/store.ts'
import { ConfigError, ValueTooLarge } from '../../../lib/core/errors.ts'
import { type Address, memcached } from '../../support/servers.ts'
import { closeAll, failureOf, type Opened, open, raw, storedKey, text } from './support.ts'

const MINUTE = 60_000

describe('MemcachedStore', () => {
  let server: Address
  let opened: Opened
  beforeEach(async () => {
    server = await memcached()
    opened = open(server)
  })
  afterEach(closeAll)

  const key = (name: string) => opened.prefix + name
  const save = (name: string, wire: string | Uint8Array) => opened.store.save(key(name), wire, MINUTE)
  const load = async (name: string) => text(await opened.store.load(key(name)))

  it('takes effect in the order of the calls', async () => {
    const { store } = opened
    const answers = await Promise.all([
      save('a', '1'),
      load('a'),
      save('a', '2'),
      load('a'),
      store.drop([key('a')]),
      load('a'),
      save('a', '3'),
      load('a'),
    ])
    expect(answers).to.deep.equal([undefined, '1', undefined, '2', 1, undefined, undefined, '3'])
  })

  it('reads and overwrites a value of another program', async () => {
    await save('warm', '')
    const at = await storedKey(server, opened.prefix, 'foreign')
    const foreign = [
      ['0', 'line\r\nline'],
      ['0', 'a\r\nEND\r\nVALUE victim 0 4 7\r\nevil\r\nEND'],
      ['2', 'not json'],
      ['8', 'not a number'],
      ['4294967295', ''],
    ] as const
    for (const [flags, value] of foreign) {
      await raw(server, `set ${at} ${flags} 0 ${value.length}\r\n${value}\r\n`)
      expect(await Promise.all([load('foreign'), load('warm')])).to.deep.equal([value, ''])
    }
    await save('foreign', 'ours')
    expect(await load('foreign')).to.equal('ours')
  })

  it('pings, opens again after close, and may be closed twice', async () => {
    const { store, events } = opened
    await store.connect()
    await store.ping()
    await save('a', '1')
    await Promise.all([store.close(), store.close()])
    await store.close()
    expect(events).to.deep.equal(['connect', 'disconnect'])
    expect(await load('a')).to.equal('1')
    expect(events).to.deep.equal(['connect', 'disconnect', 'connect'])
  })

  it('answers pending verbs before it closes', async () => {
    const saving = save('a', '1')
    const loading = load('a')
    await opened.store.close()
    expect(await Promise.all([saving, loading])).to.deep.equal([undefined, '1'])
    expect(opened.events).to.deep.equal(['connect', 'disconnect'])
  })

  it('refuses servers that cannot be addresses, and a time-out of zero', () => {
    const make = (options: object) => () =>
      new MemcachedStore({ prefix: 'p', ...options }, { adapter: 'X', emit: () => {} })
    expect(make({ servers: 'no port:x' })).to.throw(ConfigError, 'host:port')
    expect(make({ operationTimeout: 0 })).to.throw(ConfigError, 'operationTimeout')
    expect(make({ client: {} })).to.throw(ConfigError, 'gets')
  })
})

describe('A value that is too large for memcached', () => {
  afterEach(closeAll)

  it('fails with its size and the way out, and leaves nothing readable behind', async () => {
    const { store, prefix } = open(await memcached())
    const large = 'x'.repeat(1_500_000)
    for (const attempt of ['sent', 'known to be too large']) {
      await store.save(`${prefix}k`, 'old', MINUTE)
      const { error } = await failureOf(store.save(`${prefix}k`, large, MINUTE))
      expect(error, attempt).to.be.instanceOf(ValueTooLarge)
      expect(error.message).to.include('1500000 bytes').and.include('memcached -I').and.include('CompressedCache')
      expect(await store.load(`${prefix}k`)).to.equal(undefined)
    }
    await store.save(`${prefix}k`, 'x'.repeat(1_000_000), MINUTE)
    expect(await store.load(`${prefix}k`)).to.have.lengthOf(1_000_000)
  })

  it('is sent once only', async () => {
    const server = await memcached({})
    const { store, prefix } = open(server)
    const bytes = async () => Number(/STAT bytes_read (\d+)/.exec(await raw(server, 'stats\r\n'))![1])
    const large = Buffer.alloc(3_000_000)
    await failureOf(store.save(`${prefix}k`, large, MINUTE))
    const before = await bytes()
    expect(before).to.be.above(3_000_000)
    expect((await failureOf(store.save(`${prefix}k`, large, MINUTE))).error).to.be.instanceOf(ValueTooLarge)
    expect((await bytes()) - before).to.be.below(10_000)
    await server.close()
  })

  it('does not affect other pending verbs', async () => {
    const { store, prefix } = open(await memcached())
    const saving = store.save(`${prefix}a`, 'a', MINUTE)
    const refused = failureOf(store.compareAndSave(`${prefix}k`, undefined, Buffer.alloc(2_000_000), MINUTE))
    const others = ['a', 'none'].map((name) => store.load(prefix + name))
    await saving
    expect((await refused).error).to.be.instanceOf(ValueTooLarge)
    expect((await Promise.all(others)).map(text)).to.deep.equal(['a', undefined])
  })

  it('is taken by a server with a higher limit', async () => {
    const server = await memcached({ maxItem: '4m' })
    const { store, prefix } = open(server)
    await store.save(`${prefix}k`, 'ü'.repeat(1_500_000), MINUTE)
    expect(text(await store.load(`${prefix}k`))).to.equal('ü'.repeat(1_500_000))
    await store.close()
    await server.close()
  })

  it('fails in time if it has a hundred megabytes', async () => {
    const { store, prefix } = open(await memcached())
    const { error, took } = await failureOf(store.save(`${prefix}k`, 'x'.repeat(100_000_000), MINUTE))
    expect(error).to.be.instanceOf(ValueTooLarge)
    expect(took).to.be.below(3000)
  })
})
