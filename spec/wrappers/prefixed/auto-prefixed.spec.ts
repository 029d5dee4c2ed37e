import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { MemoryCache } from '../../../adapters/memory/index.ts'
import { ConfigError } from '../../../lib/core/errors.ts'
import { AutoPrefixedCache, type AutoPrefixedOptions } from '../../../lib/wrappers/index.ts'
import { child } from '../../support/child.ts'
import { redis } from '../../support/servers.ts'

/** What the predecessor makes of its counter. */
// biome-ignore format: one method a line.
const GOLDEN: Record<string, [number, string][]> = {
  b64: [[0, 'AA==.'], [1, 'AQ==.'], [2, 'Ag==.'], [62, 'Pg==.'], [63, 'Pw==.'], [255, '/w==.'], [256, 'AQA=.'], [65535, '//8=.'], [65536, 'AQAA.']],
  b64u: [[0, 'AA==.'], [1, 'AQ==.'], [2, 'Ag==.'], [62, 'Pg==.'], [63, 'Pw==.'], [255, '_w==.'], [256, 'AQA=.'], [65535, '__8=.'], [65536, 'AQAA.']],
  b32: [[0, 'AA======.'], [1, 'AE======.'], [2, 'AI======.'], [62, 'HY======.'], [63, 'H4======.'], [255, '74======.'], [256, 'AEAA====.'], [65535, '777Q====.'], [65536, 'AEAAA===.']],
  b32x: [[0, '00======.'], [1, '04======.'], [2, '08======.'], [62, '7O======.'], [63, '7S======.'], [255, 'VS======.'], [256, '0400====.'], [65535, 'VVVG====.'], [65536, '04000===.']],
  b16: [[0, '00.'], [1, '01.'], [2, '02.'], [62, '3E.'], [63, '3F.'], [255, 'FF.'], [256, '0100.'], [65535, 'FFFF.'], [65536, '010000.']],
  a85: [[0, '!!.'], [1, '!<.'], [2, '!W.'], [62, '4o.'], [63, '56.'], [255, 'rr.'], [256, '!<<.'], [65535, 's8N.'], [65536, '!<<*.']],
  b85: [[0, '00.'], [1, '0R.'], [2, '0s.'], [62, 'J^.'], [63, 'KL.'], [255, '{{.'], [256, '0RR.'], [65535, '|Nj.'], [65536, '0RR9.']],
}

describe('AutoPrefixedCache', () => {
  beforeEach(() => {
    AutoPrefixedCache.counter = 0
  })

  for (const [method, vectors] of Object.entries(GOLDEN)) {
    it(`makes the prefixes of its predecessor by ${method}`, () => {
      for (const [count, prefix] of vectors) {
        AutoPrefixedCache.counter = count
        const cache = new AutoPrefixedCache(new MemoryCache(), { method } as AutoPrefixedOptions)
        expect(cache.prefix).to.equal(prefix)
      }
    })
  }

  it('counts all of them together, whatever they stand over', () => {
    const caches = [0, 1, 2].map(() => new AutoPrefixedCache(new MemoryCache()))
    expect(caches.map(({ prefix }) => prefix)).to.deep.equal(['AA==.', 'AQ==.', 'Ag==.'])
    expect(AutoPrefixedCache.counter).to.equal(3)
  })

  it('ends its prefix with sep, after the prefix of the wrapped adapter', () => {
    expect(new AutoPrefixedCache(new MemoryCache({ prefix: 'p:' }), { sep: '/' }).prefix).to.equal('p:AA==/')
  })

  it('takes a name in place of the counter', () => {
    expect(new AutoPrefixedCache(new MemoryCache(), { name: 'users' }).prefix).to.equal('users.')
    expect(AutoPrefixedCache.counter).to.equal(0)
  })

  it('refuses unknown methods, and lists the known ones', () => {
    for (const method of ['b63', '', 'toString', '__proto__'] as string[] as 'b64'[]) {
      expect(() => new AutoPrefixedCache(new MemoryCache(), { method })).to.throw(
        ConfigError,
        /b64, b64u, b32, b32x, b16, a85, b85/,
      )
    }
    expect(() => new AutoPrefixedCache(new MemoryCache(), { sep: 5 as unknown as string })).to.throw(TypeError)
    expect(AutoPrefixedCache.counter).to.equal(0)
  })

  it('keeps caches apart', () => {
    const memory = new MemoryCache()
    const [a, b] = [new AutoPrefixedCache(memory), new AutoPrefixedCache(memory)]
    a.set('k', 1)
    expect(b.has('k')).to.equal(false)
    b.set('k', 2)
    a.clear()
    expect([a.has('k'), b.get('k')]).to.deep.equal([false, 2])
  })

  it('warns once per process that the order of creation is part of the keys of a shared store', async () => {
    const { url } = await redis()
    const script = `
      import { AsyncMemoryCache, AsyncRedisCache } from './lib/index.ts'
      import { AutoPrefixedCache } from './lib/wrappers/index.ts'

      const told = []
      process.on('warning', ({ code, message }) => code === 'POLYCACHE_AUTO_PREFIX' && told.push(message))
      const inner = new AsyncRedisCache({ url: '${url}', prefix: '${randomUUID()}:' })
      await new AutoPrefixedCache(new AsyncMemoryCache()).set('k', 1)
      await new AutoPrefixedCache(inner, { name: 'named' }).set('k', 1)
      setImmediate(async () => {
        const before = told.length
        for (let i = 0; i < 2; i++) await new AutoPrefixedCache(inner).set('k', 1)
        await inner.clear()
        await inner.close()
        console.log(before, told.length, told[0])
      })
    `
    const { stdout } = await child(script)
    expect(stdout).to.match(/^0 1 .*Give each cache a name/)
  })
})
