import type { Socket } from 'node:net'
import { expect } from 'chai'
import { AsyncRedisCache } from '../../../adapters/redis/index.ts'
import { AdapterError } from '../../../lib/core/errors.ts'
import { type FakeServer, fakeServer } from '../../support/faults.ts'
import { failure } from './opened.ts'

/** A server that greets properly, and answers every other command with one reply. */
function answering(reply: string): (socket: Socket) => void {
  return (socket) => {
    socket.on('data', (bytes) => {
      const commands = bytes.toString('latin1').match(/\*\d+\r\n\$\d+\r\n\w+/g) ?? []
      for (const command of commands) socket.write(/ping$/i.test(command) ? '+PONG\r\n' : reply)
    })
  }
}

describe('A reply of Redis that the protocol does not allow', () => {
  let server: FakeServer
  let cache: AsyncRedisCache

  async function opened(reply: string, options = {}): Promise<AsyncRedisCache> {
    server = await fakeServer(answering(reply))
    cache = new AsyncRedisCache({ url: `redis://127.0.0.1:${server.port}`, operationTimeout: '1s', ...options })
    return cache
  }

  afterEach(async () => {
    await cache.close()
    await server.close()
  })

  const replies = { 'a number': ':5\r\n', 'an array': '*1\r\n$1\r\na\r\n', 'a nested array': '*1\r\n*0\r\n' }

  for (const [name, reply] of Object.entries(replies)) {
    it(`is a typed error of every verb if it is ${name}, and ends the connection`, async () => {
      await opened(reply)
      for (const verb of [() => cache.get('k'), () => cache.set('k', 1), () => cache.getMany(['a', 'b'])]) {
        expect(await failure(verb())).to.be.instanceOf(AdapterError)
      }
      expect(server.connections).to.be.above(1)
    })

    it(`is a miss with onBackendError: 'miss' if it is ${name}`, async () => {
      await opened(reply, { onBackendError: 'miss' })
      expect(await cache.get('k', 'fallback')).to.equal('fallback')
      expect(await cache.getMany(['a', 'b'])).to.deep.equal([undefined, undefined])
    })
  }

  it('is a typed error of set and remove if it is nil', async () => {
    await opened('$-1\r\n')
    expect(await failure(cache.set('k', 1))).to.be.instanceOf(AdapterError)
    expect(await failure(cache.remove('k'))).to.be.instanceOf(AdapterError)
    expect(await cache.get('other')).to.equal(undefined)
  })

  it('ends the connection if nobody has asked for it', async () => {
    await opened('$-1\r\n$1\r\nx\r\n')
    await cache.get('k').catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 50))
    await cache.get('k').catch(() => {})
    expect(server.connections).to.equal(2)
  })
})
