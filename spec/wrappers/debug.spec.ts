import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory/index.ts'
import { AsyncSqliteCache, SqliteCache } from '../../adapters/sqlite3/index.ts'
import { CacheNotFound } from '../../lib/core/errors.ts'
import { AsyncChaosCache } from '../../lib/testing/index.ts'
import { coreOf } from '../../lib/verbs/cache-core.ts'
import { DebugCache, type DebugOptions, PrefixedCache, StatsCache } from '../../lib/wrappers/index.ts'
import { root } from '../support/child.ts'

/** A console that writes down what it is told, without the times. */
function notes(options: DebugOptions = {}) {
  const lines: string[] = []
  const note = (line: string) => lines.push(line.replace(/ \(\d+\.\d{3} ms\)$/, ''))
  const told = () => lines.splice(0)
  return { told, options: { log: { debug: note, info: note }, name: 'c', ...options } }
}

describe('DebugCache', () => {
  it('logs each verb with its key and outcome', () => {
    const { told, options } = notes()
    const cache = new DebugCache(new MemoryCache(), options)
    expect(told()).to.deep.equal(['c: watching a MemoryCache'])
    cache.get('k')
    cache.set('k', 'secret', 60)
    cache.get('k')
    cache.has('k')
    cache.ttl('k')
    cache.getOrSet('k', () => 'unused')
    cache.getOrSet('made', () => 'made')
    cache.getMany(['k', 'made', 'missing'])
    cache.increment('n')
    cache.add('n', 1)
    cache.pull('n')
    cache.pull('n')
    cache.updateTimeout('k', 5)
    cache.remove('k', 'missing')
    cache.setMany({ a: 1, b: 2, c: 3, d: 4 })
    cache.clear()
    expect(told().map((line) => line.replace(/\d+(\.\d+)? s left/, '60 s left'))).to.deep.equal([
      'c: get "k": miss',
      'c: set "k": stored',
      'c: get "k": hit',
      'c: has "k": hit',
      'c: ttl "k": hit, 60 s left',
      'c: getOrSet "k": hit',
      'c: getOrSet "made": made',
      'c: getMany "k", "made", "missing": 2 of 3 hit',
      'c: increment "n": stored',
      'c: add "n": not stored, one was there',
      'c: pull "n": hit',
      'c: pull "n": miss',
      'c: updateTimeout "k": hit',
      'c: remove "k", "missing": removed, not all were there',
      'c: setMany "a", "b", "c" and 1 more: stored',
      'c: clear: cleared',
    ])
  })

  it('answers what the cache answers, fallbacks, errors and iterables too', async () => {
    for (const inner of [new MemoryCache(), new AsyncMemoryCache()]) {
      const { told, options } = notes()
      const cache = new DebugCache(inner, options)
      expect(await cache.get('k', 'fallback')).to.equal('fallback')
      await cache.set('k', undefined)
      expect(await cache.get('k', 'fallback')).to.equal(undefined)
      const failure = await (async () => await cache.get('missing', undefined, { fail: true }))().catch(
        (e: unknown) => e,
      )
      expect(failure).to.be.instanceOf(CacheNotFound)
      await cache.setMany(new Map([['a', 1]]).entries())
      expect(await cache.getMany(new Set(['a', 'b']).values())).to.deep.equal([1, undefined])
      expect(await cache.getOrSetAsync('later', async () => 5)).to.equal(5)
      const keys: string[] = []
      for await (const key of cache.keys()) keys.push(key)
      expect(keys).to.have.members(['k', 'a', 'later'])
      expect(told()).to.include.members([
        'c: getOrFail "missing": miss',
        'c: getOrSet "later": made',
        'c: keys: listed',
      ])
    }
  })

  it('logs no values unless redact allows it', () => {
    const shown = (redact: DebugOptions['redact']) => {
      const { told, options } = notes({ redact })
      const cache = new DebugCache(new MemoryCache(), options)
      told()
      cache.set('user', { name: 'Ann', password: 'secret' })
      cache.get('user')
      return told()
    }
    expect(shown(undefined).join()).not.to.match(/Ann|secret/)
    expect(shown(false)).to.deep.equal([
      "c: set \"user\": stored: { name: 'Ann', password: 'secret' }",
      "c: get \"user\": hit: { name: 'Ann', password: 'secret' }",
    ])
    const named = (value: unknown, key: string | undefined) => `${key}: ${(value as { name: string }).name}`
    expect(shown(named)).to.deep.equal(['c: set "user": stored: \'user: Ann\'', 'c: get "user": hit: \'user: Ann\''])
  })

  it('logs the messages of failures', async () => {
    const { told, options } = notes()
    const cache = new DebugCache(new AsyncChaosCache({ failures: 1 }), options)
    await cache.get('k').catch(() => {})
    expect(told().at(-1)).to.equal('c: get "k": failed: AsyncChaosCache was told to fail.')
    const throwing = () => {
      throw new Error('the loader failed')
    }
    const sync = new DebugCache(new MemoryCache(), options)
    expect(() => sync.getOrSet('k', throwing)).to.throw('the loader failed')
    expect(told().at(-1)).to.equal('c: getOrSet "k": failed: the loader failed')
  })

  it('logs each call of the store once when it stands inside a stack', async () => {
    for (const inner of [new MemoryCache(), new SqliteCache({ path: ':memory:', prefix: 'p:' })]) {
      const { told, options } = notes({ redact: false })
      const cache = new PrefixedCache(new StatsCache(new DebugCache(inner, options)), 'a:')
      told()
      cache.set('k', 'v')
      cache.get('k')
      cache.get('missing')
      cache.getOrSet('k', () => 'w')
      cache.getOrSet('made', () => 'w')
      cache.getMany(['k', 'missing'])
      cache.increment('n')
      cache.remove('k')
      cache.clear()
      expect(told()).to.deep.equal([
        'c: write "a:k": stored: \'v\'',
        'c: read "a:k": hit: \'v\'',
        'c: read "a:missing": miss',
        'c: read "a:k": hit: \'v\'',
        'c: read "a:made": miss',
        'c: compareAndSet "a:made": stored: \'w\'',
        'c: read "a:k", "a:missing": 1 of 2 hit',
        'c: readVersioned "a:n": miss',
        'c: compareAndSet "a:n": stored: 1',
        'c: drop "a:k": 1 removed',
        'c: wipe "a:": cleared',
      ])
      expect(cache.stats()).to.include({ hits: 3, misses: 3, set: 3 })
    }
  })

  it('passes listeners on to the wrapped cache', async () => {
    const { options } = notes()
    const inner = new MemoryCache()
    const cache = new DebugCache(inner, options)
    let hits = 0
    const listener = () => hits++
    cache.on('hit', listener)
    cache.set('k', 'v')
    cache.get('k')
    new PrefixedCache(cache, 'k').get('')
    expect(hits).to.equal(2)
    cache.off('hit', listener)
    inner.get('k')
    expect([hits, cache.stats().hits, inner.stats().hits]).to.deep.equal([2, 3, 3])
  })

  it('hands facts to loggers in the shape of pino', () => {
    const said: [object, string][] = []
    const pino = {
      levelVal: 20,
      bindings: () => ({}),
      debug: (facts: object, message?: string) => void said.push([facts, message!]),
      info: (facts: object, message?: string) => void said.push([facts, message!]),
    }
    const cache = new DebugCache(new MemoryCache(), { log: pino, name: 'users', redact: false })
    cache.set('k', 'v')
    cache.getMany(['k', 'l'])
    pino.levelVal = 30
    cache.get('k')
    pino.levelVal = 20
    expect(() => cache.increment('k')).to.throw(TypeError)
    const facts = said.slice(1).map(([{ ms, err, ...rest }]: [{ ms?: number; err?: Error }, string]) => {
      expect(ms).to.be.a('number')
      return { ...rest, ...(err && { failed: true }) }
    })
    expect(facts).to.deep.equal([
      { cache: 'users', verb: 'set', key: 'k', outcome: 'stored', value: 'v' },
      { cache: 'users', verb: 'getMany', keys: ['k', 'l'], outcome: '1 of 2 hit', value: ['v', undefined] },
      {
        cache: 'users',
        verb: 'increment',
        key: 'k',
        outcome: 'failed: increment needs a number under "k", and there is a value of type string.',
        failed: true,
      },
    ])
    expect(said[1]![1]).to.match(/^users: set "k": stored: 'v' \(\d+\.\d{3} ms\)$/)
  })

  it('writes to a function, and to loggers that tell which level is on', () => {
    const lines: string[] = []
    const cache = new DebugCache(new MemoryCache(), { log: (message, facts) => lines.push(message, typeof facts) })
    cache.get('k')
    expect(lines).to.have.lengthOf(4)
    let isOn = false
    const winston = { debug: (message: string) => void lines.push(message), isLevelEnabled: () => isOn }
    const levelled = new DebugCache(new MemoryCache(), { log: winston })
    levelled.get('k')
    expect(lines).to.have.lengthOf(4)
    isOn = true
    levelled.get('k')
    expect(lines.at(-1)).to.match(/^cache: get "k": miss/)
    expect(() => new DebugCache(new MemoryCache(), { log: {} as Console })).to.throw(TypeError, /log must be/)
  })

  it('is not broken by a logger that rejects, which is an error event', async () => {
    const log = async () => {
      throw new Error('the disk is full')
    }
    const cache = new DebugCache(new MemoryCache(), { log })
    cache.set('k', 'v')
    expect(cache.get('k')).to.equal('v')
    await new Promise((resolve) => setImmediate(resolve))
    expect(coreOf(cache).events.stats().error).to.equal(3)
  })

  it('is not broken by a logger that throws', () => {
    const log = () => {
      throw new Error('the disk is full')
    }
    const cache = new DebugCache(new MemoryCache(), { log })
    cache.set('k', 'v')
    expect(cache.get('k')).to.equal('v')
    expect(coreOf(cache).events.stats().error).to.equal(3)
  })

  it('works while the log level changes during a call', async () => {
    let isOn = false
    const log = { debug: () => {}, isLevelEnabled: () => isOn }
    const cache = new PrefixedCache(new DebugCache(new AsyncSqliteCache({ path: ':memory:' }), { log }), 'a:')
    await cache.set('k', 'v')
    for (const next of [true, false]) {
      const got = cache.get('k')
      isOn = next
      expect(await got).to.equal('v')
    }
    await cache.close()
  })

  it('writes to NODE_DEBUG=polycache by default, and else nothing', async () => {
    const program = `
      import { MemoryCache } from './lib/index.ts'
      import { DebugCache } from './lib/wrappers/debug/index.ts'
      new DebugCache(new MemoryCache()).get('k')`
    const run = async (NODE_DEBUG: string) => {
      const args = ['--import', 'tsx', '--input-type=module', '-e', program]
      return (await promisify(execFile)(process.execPath, args, { cwd: root, env: { ...process.env, NODE_DEBUG } }))
        .stderr
    }
    expect(await run('')).to.equal('')
    expect(await run('polycache')).to.match(/POLYCACHE \d+: cache: get "k": miss/)
  }).timeout(30_000)
})
