import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Agent, interceptors, request } from 'undici'
import { AsyncMemoryCache, MemoryCache } from '../../lib/index.ts'
import { UndiciStore } from '../../lib/interop/undici.ts'

describe('UndiciStore', () => {
  let server: Server
  let url: string
  let served: string[]

  before(async () => {
    server = createServer((req, res) => {
      served.push(`${req.url} ${req.headers['accept-language'] ?? ''}`)
      res.setHeader('cache-control', 'public, max-age=60')
      res.setHeader('vary', 'accept-language')
      res.end(`${req.url} in ${req.headers['accept-language']}`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    served = []
  })
  after(() => server.close())

  for (const cache of [new MemoryCache(), new AsyncMemoryCache()]) {
    it(`serves responses from ${cache.name}, each variant for its own`, async () => {
      const agent = new Agent().compose(interceptors.cache({ store: new UndiciStore(cache) as never }))
      const ask = async (language: string) => {
        const { body } = await request(`${url}/page`, { dispatcher: agent, headers: { 'accept-language': language } })
        return await body.text()
      }
      expect(await ask('en')).to.equal('/page in en')
      expect(await ask('de')).to.equal('/page in de')
      expect(await ask('en')).to.equal('/page in en')
      expect(await ask('de')).to.equal('/page in de')
      expect(served).to.deep.equal(['/page en', '/page de'])
      await agent.close()
    })
  }

  it('passes a body over the bound through without storing it', async () => {
    const cache = new MemoryCache()
    const agent = new Agent().compose(
      interceptors.cache({ store: new UndiciStore(cache, { maxBodyBytes: 3 }) as never }),
    )
    for (let i = 0; i < 2; i++) {
      const { body } = await request(`${url}/big`, { dispatcher: agent })
      expect(await body.text()).to.match(/^\/big/)
    }
    expect(served).to.have.length(2)
    await agent.close()
  })
})
