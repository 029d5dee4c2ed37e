import { getHeapStatistics } from 'node:v8'
import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { AsyncNullCache, NullCache } from '../../../adapters/null/index.ts'
import { ConfigError } from '../../../lib/core/errors.ts'

describe('the options of a cache in memory', () => {
  const wrong: [given: object, expected: RegExp][] = [
    [{ max: 5 }, /no option "max"\. Did you mean maxEntries\?/],
    [{ ttl: 5000 }, /no option "ttl"\. Did you mean timeout, in seconds/],
    [{ maxEntrys: 5 }, /Did you mean maxEntries\?/],
    [{ onRemove: () => {} }, /no option "onRemove"/],
  ]
  for (const [given, expected] of wrong) {
    it(`refuse ${Object.keys(given)}, and name the option that is meant`, () => {
      for (const Cache of [MemoryCache, AsyncMemoryCache]) {
        expect(() => new Cache(given))
          .to.throw(ConfigError, expected)
          .with.property('message')
          .that.includes(Cache.name)
      }
    })
  }

  it('are checked in resize, too', () => {
    expect(() => new MemoryCache().resize({ max: 5 } as never)).to.throw(ConfigError, /maxEntries/)
  })

  it('are checked by NullCache', () => {
    for (const Cache of [NullCache, AsyncNullCache]) {
      expect(() => new Cache({ ttl: 5 } as never)).to.throw(ConfigError, /timeout/)
    }
  })

  it("may give maxBytes as a share of the memory: maxBytes: '10%'", () => {
    const limit = getHeapStatistics().heap_size_limit
    const cache = new MemoryCache({ maxBytes: '10%', maxEntryBytes: '0.5%' })
    expect(cache.policy().maximum)
      .to.be.at.most(limit / 10)
      .and.above(limit / 1000)
    cache.set('k', 'v')
    expect(cache.stats().weight).to.be.above(1)
    cache.resize({ maxBytes: '5%' })
    expect(cache.policy().maximum).to.be.at.most(limit / 20)
  })

  it('refuse shares that are none', () => {
    for (const maxBytes of ['0%', '101%', '10', '-5%', '%', 'half', '1e3%']) {
      expect(() => new MemoryCache({ maxBytes: maxBytes as never }), maxBytes).to.throw(ConfigError, /percentage/)
    }
  })
})
