import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  AsyncMemoryCache,
  AsyncNullCache,
  AsyncRedisCache,
  adapterGet,
  adapterReset,
  adapterSet,
  asyncAdapterGet,
  asyncAdapterReset,
  asyncAdapterSet,
  asyncCached,
  ConfigError,
  cached,
  configure,
  configureFromEnv,
  MemoryCache,
  NullCache,
  RedisCache,
  SqliteCache,
  UnknownAdapter,
} from '../../lib/index.ts'
import { ChaosCache } from '../../lib/testing/index.ts'

describe('adapterSet', () => {
  afterEach(() => configureFromEnv())

  it('puts another adapter behind cached, and answers it', () => {
    const { get } = cached
    const cache = adapterSet(new MemoryCache())
    cache.set('k', 'v')
    expect(adapterGet()).to.equal(cache)
    expect(cached.get('k')).to.equal('v')
    expect(get('k')).to.equal('v')
    adapterSet('memory')
    expect(cached.get('k')).to.equal(undefined)
  })

  it('knows adapters by alias, class name, URL and class, whatever the case', () => {
    const names = {
      MemoryCache: ['memory', 'mem', 'ram', 'RAM', 'MemoryCache', 'memorycache', 'memory:'],
      RedisCache: ['redis', 'Redis', 'RedisCache', 'redis://127.0.0.1:1', 'rediss://user:secret@127.0.0.1:1/2'],
      MemcachedCache: ['memcached', 'memcache', 'mcache', 'MEMCACHEDCACHE', 'memcached://127.0.0.1:1,127.0.0.1:2'],
      SqliteCache: ['sqlite3', 'sqlite', 'sqlitedb', 'SqliteCache', 'sqlite:some.db', 'sqlite:///some/where.db'],
      NullCache: ['null'],
      AsyncMemoryCache: ['AsyncMemoryCache', 'asyncmemorycache'],
    }
    for (const [name, spellings] of Object.entries(names)) {
      for (const spelling of spellings) expect(adapterSet(spelling).constructor.name, spelling).to.equal(name)
    }
    expect(adapterSet(MemoryCache)).to.be.instanceOf(MemoryCache)
    expect(adapterSet(RedisCache, { prefix: 'p:' }).prefix).to.equal('p:')
    expect(adapterSet(SqliteCache)).to.be.instanceOf(SqliteCache)
    expect(asyncAdapterSet('redis')).to.be.instanceOf(AsyncRedisCache)
    expect(asyncAdapterSet('MemoryCache')).to.be.instanceOf(MemoryCache)
  })

  it('hands options on', () => {
    const cache = adapterSet('memory', { maxEntries: 1 })
    cache.set('a', 1)
    cache.set('b', 2)
    expect(cache.getMany(['a', 'b'])).to.deep.equal([undefined, 2])
  })

  it('throws UnknownAdapter with the known names, and changes nothing', () => {
    const before = adapterSet('memory')
    expect(() => adapterSet('rediss')).to.throw(
      UnknownAdapter,
      /^Unknown adapter "rediss"\. Expected one of: memory, mem, ram, redis/,
    )
    expect(() => adapterSet({} as never)).to.throw(ConfigError)
    expect(() => adapterSet(5 as never)).to.throw(ConfigError)
    expect(() => adapterSet('memcached://')).to.throw(ConfigError)
    expect(() => adapterSet('memcached://host:99999')).to.throw(ConfigError)
    expect(() => adapterSet(cached as never)).to.throw(ConfigError, 'adapterGet()')
    expect(() => adapterSet('memory', { prefix: 5 as never })).to.throw(ConfigError, /prefix/)
    expect(() => adapterSet('memory', { clock: 5 as never })).to.throw(ConfigError, /clock/)
    expect(() => adapterSet('redis://:secret@[bad'))
      .to.throw(ConfigError)
      .with.property('message')
      .not.contains('secret')
    expect(adapterGet()).to.equal(before)
  })

  for (const url of [
    'http://user:secret@host',
    'rediss//user:secret@host',
    'redis//user:secret@host',
    'redsi://user:secret@host',
    'user:secret@host',
    ':secret@host',
    'redis:secret@host',
  ]) {
    it(`shows no password of the mistyped URL ${url}`, () => {
      expect(() => adapterSet(url))
        .to.throw(ConfigError)
        .with.property('message')
        .not.contains('secret')
    })
  }

  it('takes a URL with blanks around it', () => {
    expect(adapterSet(' redis://127.0.0.1:1 \n')).to.be.instanceOf(RedisCache)
    expect(adapterSet('\tmemory ')).to.be.instanceOf(MemoryCache)
  })

  it('takes the URL of a Unix socket', () => {
    expect(adapterSet(`unix://${join(tmpdir(), 'redis.sock')}`)).to.be.instanceOf(RedisCache)
    expect(() => adapterSet('unix://')).to.throw(ConfigError)
  })

  it('does not close its own adapter when it is given back', async () => {
    const made = adapterSet(ChaosCache)
    asyncAdapterSet(adapterGet())
    adapterSet(adapterGet() as ChaosCache)
    await new Promise(setImmediate)
    expect(made.calls.close).to.equal(0)
    adapterSet('memory')
    asyncAdapterSet('memory')
    await new Promise(setImmediate)
    expect(made.calls.close).to.equal(1)
  })

  it('takes undefined, null and empty text for the default', () => {
    for (const nothing of [undefined, null, '']) expect(adapterSet(nothing)).to.be.instanceOf(MemoryCache)
    expect(adapterSet()).to.be.instanceOf(MemoryCache)
  })

  it('closes an adapter that it made, and leaves one that was handed in', async () => {
    const handedIn = new ChaosCache()
    adapterSet(handedIn)
    const made = adapterSet(ChaosCache)
    adapterSet('memory')
    await new Promise(setImmediate)
    expect(handedIn.calls.close).to.equal(0)
    expect(made.calls.close).to.equal(1)
  })

  it('closes an adapter only after what is being made for it', async () => {
    const made = adapterSet(ChaosCache)
    let finish = () => {}
    const value = cached.getOrSet('k', () => new Promise<void>((resolve) => (finish = resolve)))
    adapterSet('memory')
    await new Promise(setImmediate)
    expect(made.calls.close).to.equal(0)
    finish()
    await value
    await new Promise(setImmediate)
    expect(made.calls).to.include({ write: 1, close: 1 })
  })
})

describe('the default adapter', () => {
  afterEach(() => configureFromEnv())

  it('is in memory, and one store for both faces', async () => {
    cached.set('k', 'v')
    expect(await asyncCached.get('k')).to.equal('v')
    await asyncCached.remove('k')
    expect(cached.has('k')).to.equal(false)
    expect(asyncAdapterGet()).to.be.instanceOf(AsyncMemoryCache)
  })

  it('shares what is being made between both faces', async () => {
    let made = 0
    const make = async () => {
      made++
      await null
      return 'v'
    }
    expect(await Promise.all([cached.getOrSet('k', make), asyncCached.getOrSet('k', make)])).to.deep.equal(['v', 'v'])
    expect(made).to.equal(1)
  })

  it('is emptied for both faces when it is reset', async () => {
    cached.set('k', 'v')
    asyncAdapterGet()
    adapterReset()
    expect(await asyncCached.has('k')).to.equal(false)
    expect(cached.has('k')).to.equal(false)
  })

  it('is the one that the environment names, when it is first needed', () => {
    configureFromEnv({ CACHE_ADAPTER: 'null' })
    expect(adapterGet()).to.be.instanceOf(NullCache)
    expect(asyncAdapterGet()).to.be.instanceOf(AsyncNullCache)
    configureFromEnv({ CACHE_ADAPTER: 'null', CACHE_ASYNC_ADAPTER: 'memory' })
    expect(asyncAdapterGet()).to.be.instanceOf(AsyncMemoryCache)
    configureFromEnv({ CACHE_ADAPTER: 'sqlite:some.db' })
    expect(adapterGet()).to.be.instanceOf(SqliteCache)
    configureFromEnv({ CACHE_ADAPTER: '' })
    expect(adapterGet()).to.be.instanceOf(MemoryCache)
  })

  it('says which variable is wrong, and what it may be', () => {
    configureFromEnv({ CACHE_ADAPTER: 'reddis' })
    expect(() => cached.get('k')).to.throw(UnknownAdapter, /"reddis" in CACHE_ADAPTER.*redis/)
    configureFromEnv({ CACHE_TIMEOUT: 'soon' })
    expect(() => cached.set('k', 'v')).to.throw(ConfigError, /CACHE_TIMEOUT.*"soon".*'5m'/)
  })

  it('lives as long as the environment or configure says', () => {
    configureFromEnv({ CACHE_TIMEOUT: '60' })
    cached.set('k', 'v')
    expect(cached.ttl('k')).to.be.within(59, 60)
    configureFromEnv({ CACHE_TIMEOUT: '2h' })
    cached.set('k', 'v')
    expect(cached.ttl('k')).to.be.within(7199, 7200)
    configure({ timeout: null })
    cached.set('k', 'v')
    expect(cached.ttl('k')).to.equal(null)
  })

  it('takes the prefix of the environment in stores that others use too', () => {
    configureFromEnv({ CACHE_PREFIX: 'app:' })
    expect(new SqliteCache().prefix).to.equal('app:')
    expect(new MemoryCache().prefix).to.equal('')
    configureFromEnv({})
    expect(new SqliteCache().prefix).to.equal('cache:')
    configure({ prefix: 'mine:' })
    expect(new SqliteCache().prefix).to.equal('mine:')
  })
})

describe('configure', () => {
  afterEach(() => configureFromEnv())

  it('sets both faces from one name', () => {
    configure({ adapter: 'null' })
    expect(adapterGet()).to.be.instanceOf(NullCache)
    expect(asyncAdapterGet()).to.be.instanceOf(AsyncNullCache)
  })

  it('puts one synchronous instance behind both faces, an asynchronous one behind asyncCached', () => {
    const sync = new MemoryCache()
    configure({ adapter: sync })
    expect([adapterGet(), asyncAdapterGet()]).to.deep.equal([sync, sync])
    const asynchronous = new AsyncMemoryCache()
    configure({ adapter: asynchronous })
    expect([adapterGet(), asyncAdapterGet()]).to.deep.equal([sync, asynchronous])
  })

  it('puts one instance of a synchronous class behind both, and closes it once', async () => {
    configure({ adapter: ChaosCache })
    const { calls } = adapterGet() as ChaosCache
    expect(asyncAdapterGet()).to.equal(adapterGet())
    configure({ adapter: 'null' })
    await new Promise(setImmediate)
    expect(calls.close).to.equal(1)
  })

  it('refuses an asynchronous class, which cached cannot have, and makes it once', () => {
    let made = 0
    class Counted extends AsyncMemoryCache {
      constructor() {
        super()
        made++
      }
    }
    const before = [adapterGet(), asyncAdapterGet()]
    expect(() => configure({ adapter: Counted, timeout: 60 })).to.throw(
      ConfigError,
      /Counted is asynchronous.*asyncAdapter/,
    )
    expect(() => configure({ adapter: 'AsyncMemoryCache' })).to.throw(ConfigError, 'asynchronous')
    expect([adapterGet(), asyncAdapterGet()]).to.deep.equal(before)
    expect(made).to.equal(1)
    cached.set('k', 'v')
    expect(cached.ttl('k'), 'the timeout that came with it').to.be.within(299, 300)
  })

  it('refuses a setting that does not exist, with the nearest one', () => {
    expect(() => configure({ ttl: 60 } as never)).to.throw(ConfigError, 'Did you mean timeout')
    expect(() => configure({ adaptor: 'null' } as never)).to.throw(ConfigError, 'Did you mean adapter')
  })

  it('refuses an invalid timeout, and changes nothing', () => {
    configure({ timeout: 60 })
    expect(() => configure({ timeout: Number.NaN, adapter: 'null' })).to.throw(RangeError)
    cached.set('k', 'v')
    expect(cached.ttl('k')).to.be.within(59, 60)
  })
})

after(() => {
  adapterReset()
  asyncAdapterReset()
})
