import Module from 'node:module'
import { expect } from 'chai'
import { refuseCrash } from '../../../adapters/sqlite3/drivers.ts'
import { ConfigError, MissingDependency } from '../../../lib/core/errors.ts'
import { Bench, failure } from './support.ts'

describe('The drivers of SqliteStore', () => {
  let bench: Bench
  const resolver = Module as unknown as { _resolveFilename: (name: string, ...rest: unknown[]) => string }
  const resolve = resolver._resolveFilename
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(async () => {
    resolver._resolveFilename = resolve
    await bench.clear()
  })

  function hide(...names: string[]): void {
    resolver._resolveFilename = (name, ...rest) => {
      if (names.includes(name))
        throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
      return resolve(name, ...rest)
    }
  }

  const isBuiltIn = process.getBuiltinModule?.('node:sqlite' as 'node:fs') !== undefined

  it('are named by the error if none is installed', async function () {
    if (isBuiltIn) this.skip()
    hide('better-sqlite3', 'sqlite3')
    const sync = await failure(() => bench.store('sync'))
    expect(sync).to.be.instanceOf(MissingDependency)
    expect(sync.message).to.include('SqliteCache').and.to.include('npm install better-sqlite3')
    const async = await failure(() => bench.store('async'))
    expect(async.message).to.include('AsyncSqliteCache').and.to.include('npm install sqlite3')
    hide('better-sqlite3', 'sqlite')
    expect((await failure(() => bench.store('async'))).message).to.match(/npm install sqlite$/)
  })

  it('answer with promises over better-sqlite3 if the asynchronous packages are not installed', async () => {
    hide('sqlite', 'sqlite3')
    const store = bench.store('async')
    expect(store.save('k', 'v', null)).to.be.instanceOf(Promise)
    expect(await store.load('k')).to.equal('v')
  })

  it('include the SQLite of Node if better-sqlite3 is not installed', async function () {
    if (!isBuiltIn) this.skip()
    hide('better-sqlite3', 'sqlite', 'sqlite3')
    const [sync, async] = [bench.store('sync'), bench.store('async')]
    sync.save('k', Buffer.from([1, 0, 2]), null)
    expect(Buffer.from((await async.load('k')) as Uint8Array)).to.deep.equal(Buffer.from([1, 0, 2]))
    await async.save('k', 'text \0 ü', null)
    expect(sync.loadMany(['k', 'none'])).to.deep.equal(['text \0 ü', undefined])
  })

  it('work without those of the other mode', async () => {
    hide('better-sqlite3')
    const async = bench.store('async')
    await async.save('k', 'v', null)
    expect(await async.load('k')).to.equal('v')
    await async.close()

    hide('sqlite', 'sqlite3')
    expect(bench.store('sync').load('k')).to.equal('v')
  })

  it('share a database in memory without better-sqlite3', async () => {
    hide('better-sqlite3')
    const [one, other] = [bench.store('async', { memoryPersist: true }), bench.store('async', { memoryPersist: true })]
    await one.save('k', 'v', null)
    expect(await other.load('k')).to.equal('v')
    await one.close()
    expect(await other.load('k')).to.equal('v')
  })

  it('exclude a better-sqlite3 that would crash this Node, with the version to install', () => {
    for (const napi of ['9', undefined])
      expect(() => refuseCrash('13.2.0', napi)).to.throw(ConfigError, 'npm install better-sqlite3@12')
    for (const [version, napi] of [
      ['13.2.0', '10'],
      ['14.0.0', '11'],
      ['12.11.1', '9'],
      [undefined, '9'],
    ])
      expect(() => refuseCrash(version, napi)).to.not.throw()
  })
})
