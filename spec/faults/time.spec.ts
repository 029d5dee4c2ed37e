import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import FakeTimers from '@sinonjs/fake-timers'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { AsyncRedisCache, RedisCache } from '../../adapters/redis/index.ts'
import { ConnectionFailed } from '../../lib/core/errors.ts'
import { type PrivateServer, redis } from '../support/servers.ts'

/** Keeps the event loop from running. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('Time, as a cache in Redis counts it', function () {
  this.timeout(30_000)
  let url: string
  const open: { close(): unknown }[] = []

  function opened<C extends { close(): unknown }>(cache: C): C {
    open.push(cache)
    return cache
  }

  before(async () => {
    url = (await redis()).url
  })

  afterEach(async () => {
    for (const cache of open.splice(0)) await cache.close()
  })

  it('does not count time in which the event loop was blocked while it connected', async () => {
    for (const ms of [450, 700, 1200]) {
      const cache = opened(new AsyncRedisCache({ url, operationTimeout: '400ms' }))
      const stored = cache.set('time:connecting', ms)
      block(ms)
      await stored
      const read = cache.get('time:connecting')
      block(ms)
      expect(await read).to.equal(ms)
    }
  })

  it('works under fake timers that were installed before its first verb', async () => {
    const clock = FakeTimers.install({ toNotFake: ['nextTick', 'queueMicrotask'] })
    try {
      const cache = opened(new AsyncRedisCache({ url }))
      await cache.set('time:fake', 1)
      expect(await cache.get('time:fake')).to.equal(1)
      expect(await cache.getOrSet('time:fake:2', async () => 2)).to.equal(2)
    } finally {
      clock.uninstall()
    }
  })

  it('gives each page of a large call a deadline of its own', async () => {
    const cache = opened(new AsyncRedisCache({ url, operationTimeout: '500ms' }))
    const entries = Array.from({ length: 50_000 }, (_, i) => [`time:many:${i}`, i] as const)
    await cache.setMany(entries)
    expect((await cache.getMany(entries.map(([key]) => key))).at(-1)).to.equal(49_999)
    let count = 0
    for await (const _ of cache.keys('time:many:')) count++
    expect(count).to.equal(50_000)
    await cache.clear('time:many:')
  })

  it('takes the word of Redis for what has expired, where the clocks of hosts differ', async () => {
    const real = Date.now
    const writer = opened(new AsyncRedisCache({ url }))
    await writer.set('time:skew', 'here', 60)
    Date.now = () => real() + 600_000
    try {
      const reader = opened(new AsyncRedisCache({ url }))
      const syncReader = opened(new RedisCache({ url }))
      expect(await reader.get('time:skew')).to.equal('here')
      expect(syncReader.get('time:skew')).to.equal('here')
      expect(await reader.add('time:skew', 'second'), 'added twice').to.equal(false)
    } finally {
      Date.now = real
    }
    await writer.remove('time:skew')
  })

  it('gives an entry without limit its new deadline in Redis, too', async () => {
    const cache = opened(new AsyncRedisCache({ url }))
    const client = opened(Object.assign(new Redis(url), { close: () => client.disconnect() })) as Redis
    await cache.set('time:limit', 1, null)
    expect(await client.pttl('cache:time:limit')).to.equal(-1)
    await cache.updateTimeout('time:limit', 60)
    expect(await client.pttl('cache:time:limit')).to.be.within(50_000, 60_000)
    await cache.remove('time:limit')
  })

  it('does not count time in which the process was frozen, in either mode', async () => {
    const server: PrivateServer = await redis({})
    const child = fileURLToPath(new URL('./fixtures/frozen.ts', import.meta.url))
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', child, server.url], {
      encoding: 'utf8',
      timeout: 25_000,
    })
    expect(stdout.trim(), stderr).to.equal('fine')
    await server.close()
  })

  it('fails at once where the working directory was deleted, in which no worker thread starts', async () => {
    const child = fileURLToPath(new URL('./fixtures/no-folder.ts', import.meta.url))
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', child, url], {
      encoding: 'utf8',
      timeout: 25_000,
    })
    expect(stdout.trim(), stderr).to.match(
      new RegExp(`^${ConnectionFailed.name}: .* working directory .* deleted.* \\d{1,3} ms$`),
    )
  })
})
