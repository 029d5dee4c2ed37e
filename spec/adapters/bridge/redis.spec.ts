import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import type { BridgedStore } from '../../../adapters/bridge/caller/store.ts'
import { ownFile } from '../../../lib/core/own-file.ts'
import type { Wire } from '../../../lib/core/types.ts'
import { redis } from '../../support/servers.ts'
import { bridged, closeAll, thrownBy, workerOf } from './support.ts'

describe('a bridge to Redis', () => {
  const module = ownFile('adapters/redis/store', 'RedisCache')
  const prefix = `${randomUUID()}:`
  afterEach(closeAll)

  async function store(operationTimeout = 2000): Promise<BridgedStore> {
    const { url } = await redis()
    return bridged({ module, name: 'RedisStore', options: { url }, operationTimeout }, 'RedisCache').store
  }

  it('keeps what it is given, in one round trip also when it is much', async () => {
    const cache = await store()
    const keys = Array.from({ length: 500 }, (_, i) => `${prefix}many:${i}`)
    cache.saveMany(keys.map((key) => [key, key, 60_000] as const))
    expect(cache.loadMany(keys).map(text)).to.deep.equal(keys)
    expect([...cache.list(`${prefix}many:`)].sort()).to.deep.equal(keys.sort())
    cache.wipe(`${prefix}many:`)
    expect(cache.loadMany(keys).every((wire) => wire === undefined)).to.equal(true)
  })

  it('finds all of it again after its worker was killed in the middle', async () => {
    const cache = await store(500)
    const worker = await workerOf(() => cache.save(`${prefix}k`, 'v', 60_000))
    void worker.terminate()
    expect(thrownBy(() => cache.load(`${prefix}k`)).name).to.equal('CacheTimeout')
    expect(text(cache.load(`${prefix}k`))).to.equal('v')
  })

  it('swaps atomically by marks of bytes', async () => {
    const cache = await store()
    cache.save(`${prefix}swap`, new Uint8Array([0, 255]), 60_000)
    const { version } = cache.loadVersioned(`${prefix}swap`)
    expect(cache.compareAndSave(`${prefix}swap`, version, 'new', 60_000)).to.equal(true)
    expect(cache.compareAndSave(`${prefix}swap`, version, 'newer', 60_000)).to.equal(false)
  })
})

function text(wire: Wire | undefined): string {
  return Buffer.from(wire ?? '').toString()
}
