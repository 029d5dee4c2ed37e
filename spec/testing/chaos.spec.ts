import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect } from 'chai'
import { AdapterError } from '../../lib/core/errors.ts'
import type { AdapterOptions, Cache } from '../../lib/core/types.ts'
import { AsyncChaosCache, type Chaos, ChaosCache, conforms, seeded, tcpProxy } from '../../lib/testing/index.ts'

describe('ChaosCache', () => conforms((options) => new ChaosCache({}, options)))
describe('AsyncChaosCache', () => conforms((options) => new AsyncChaosCache({ delay: [0, 2] }, options)))

type Make = (chaos: Chaos, options?: AdapterOptions) => Cache & { readonly chaos: Chaos }

const BOTH: readonly Make[] = [
  (chaos, options) => new ChaosCache(chaos, options),
  (chaos, options) => new AsyncChaosCache(chaos, options),
]

describe('A cache that is told to fail', () => {
  const bypassed = { onBackendError: 'throw' } as const

  it('throws from the operations that are named, in both modes', async () => {
    for (const make of BOTH) {
      const cache = make({ failures: 1, verbs: ['write'] }, bypassed)
      expect(await cache.get('k')).to.equal(undefined)
      expect(await failure(() => cache.set('k', 1))).to.be.instanceOf(AdapterError)
      cache.chaos.verbs = ['drop']
      await cache.set('k', 1)
      expect(await failure(() => cache.remove('k'))).to.be.instanceOf(AdapterError)
      cache.chaos.failures = 0
      expect(await cache.remove('k')).to.equal(true)
    }
  })

  it('never answers where it hangs, and throws where it cannot', async () => {
    const hanging = new AsyncChaosCache({ hangs: 1 })
    const answer = hanging.get('k')
    expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 20, 'nothing yet'))])).to.equal(
      'nothing yet',
    )
    expect(await failure(() => new ChaosCache({ hangs: 1 }).get('k'))).to.be.instanceOf(AdapterError)
  })

  it('says that it did what it did not', async () => {
    for (const make of BOTH) {
      const cache = make({ lies: 1, verbs: ['write'] })
      await cache.set('k', 1)
      expect(await cache.get('k')).to.equal(undefined)
      cache.chaos.verbs = ['read']
      await cache.set('k', 1)
      expect(await cache.get('k')).to.equal(undefined)
      cache.chaos.lies = 0
      expect(await cache.get('k')).to.equal(1)
    }
  })

  it('gives values that nobody stored', async () => {
    for (const make of BOTH) {
      const cache = make({ corrupts: 1 })
      await cache.set('k', 'text')
      expect(await cache.get('k')).to.deep.equal({ corrupted: true })
      cache.chaos.corrupted = (value) => String(value).slice(0, 2)
      expect(await cache.get('k')).to.equal('te')
    }
  })

  it('does the same again for the same seed', () => {
    const run = (seed: number) => {
      const chaos: Chaos = { failures: 0.3, lies: 0.3, corrupts: 0.3, random: seeded(seed) }
      const cache = new ChaosCache(chaos, { onBackendError: 'miss' })
      return Array.from({ length: 100 }, (_, i) => {
        cache.set('k', i)
        return cache.get('k')
      })
    }
    expect(run(7)).to.deep.equal(run(7))
    expect(run(7)).not.to.deep.equal(run(8))
  })
})

describe('A relay that is told to fail', () => {
  it('throttles, truncates, stalls, delays and cuts', async () => {
    const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket))
      .unref()
      .listen(0, '127.0.0.1')
    await once(echo, 'listening')
    const proxy = await tcpProxy((echo.address() as { port: number }).port)
    const asked = async (text: string, patience = 2000): Promise<string> => {
      const socket = connect(proxy.port, '127.0.0.1', () => socket.write(text))
      let got = ''
      const ended = new Promise<void>((resolve) => {
        socket.on('error', () => {}).once('close', () => resolve())
        setTimeout(resolve, patience).unref()
        socket.on('data', (bytes) => {
          got += bytes
          if (got.length === text.length) resolve()
        })
      })
      await ended
      socket.destroy()
      return got
    }
    const text = 'x'.repeat(1000)
    expect(await asked(text)).to.equal(text)

    proxy.throttle(5000)
    const began = performance.now()
    expect(await asked(text)).to.equal(text)
    expect(performance.now() - began).to.be.above(150)
    proxy.throttle(0)

    proxy.truncate(3)
    expect(await asked(text)).to.equal('xxx')

    proxy.stall()
    expect(await asked(text, 50)).to.equal('')
    proxy.flow()
    expect(await asked(text)).to.equal(text)

    proxy.delay(100)
    expect(await asked(text, 50)).to.equal('')
    proxy.delay(0)

    const open = connect(proxy.port, '127.0.0.1').on('error', () => {})
    await once(open, 'connect')
    while (proxy.connections < 7) await new Promise((resolve) => setTimeout(resolve, 5))
    proxy.cut()
    await once(open, 'close')
    await proxy.close()
    echo.close()
  })
})

async function failure(verb: () => unknown): Promise<unknown> {
  try {
    await verb()
  } catch (error) {
    return error
  }
}
