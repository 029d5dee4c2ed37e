import { expect } from 'chai'
import { ConnectionFailed } from '../../../lib/core/errors.ts'
import { redisSentinel } from '../../support/redis-groups.ts'
import { freePort } from '../../support/servers.ts'
import { closeOpened, eventually, failure, opened } from './opened.ts'

describe('RedisStore behind sentinels', () => {
  afterEach(closeOpened)

  it('follows the master to where the sentinels say that it is', async () => {
    const { name, sentinel, master, close } = await redisSentinel()
    const { store, events } = opened({ options: { name, sentinels: [{ host: '127.0.0.1', port: sentinel.port }] } })
    await store.save('a', 'before', null)
    await master.kill()
    expect(await failure(store.save('a', 'x', null))).to.be.instanceOf(ConnectionFailed)
    await eventually(() => store.save('a', 'after', null), 20_000)
    expect(String(await store.load('a'))).to.equal('after')
    expect(events()).to.deep.equal(['connect', 'disconnect', 'connect', 'recover'])
    await close()
  }).timeout(60_000)

  it('fails when no sentinel answers, and names the master', async () => {
    const sentinels = [{ host: '127.0.0.1', port: await freePort() }]
    const { store } = opened({ options: { name: 'main', sentinels } })
    const error = await failure(store.load('a'))
    expect(error).to.be.instanceOf(ConnectionFailed)
    expect(error.message).to.contain('master "main"').and.contain('All sentinels are unreachable and retry is disabled')
  })
})
