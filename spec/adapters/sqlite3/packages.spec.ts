import Module from 'node:module'
import { expect } from 'chai'
import { refuseCrash } from '../../../adapters/sqlite3/packages.ts'
import { ConfigError, MissingDependency } from '../../../lib/core/errors.ts'
import { Bench, failure } from './support.ts'

describe('SqliteStore and its packages', () => {
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

  it('says what to install, when it is made', async () => {
    hide('better-sqlite3', 'sqlite3')
    const sync = await failure(() => bench.store('sync'))
    expect(sync).to.be.instanceOf(MissingDependency)
    expect(sync.message).to.include('SqliteCache').and.to.include('npm install better-sqlite3')
    const async = await failure(() => bench.store('async'))
    expect(async.message).to.include('AsyncSqliteCache').and.to.include('npm install sqlite3')
    hide('sqlite')
    expect((await failure(() => bench.store('async'))).message).to.match(/npm install sqlite$/)
  })

  it('works with the packages of its colour alone', async () => {
    hide('better-sqlite3')
    const async = bench.store('async')
    await async.save('k', 'v', null)
    expect(await async.load('k')).to.equal('v')
    await async.close()

    hide('sqlite', 'sqlite3')
    expect(bench.store('sync').load('k')).to.equal('v')
  })

  it('shares the memory of the process without better-sqlite3', async () => {
    hide('better-sqlite3')
    const [one, other] = [bench.store('async', { memoryPersist: true }), bench.store('async', { memoryPersist: true })]
    await one.save('k', 'v', null)
    expect(await other.load('k')).to.equal('v')
    await one.close()
    expect(await other.load('k')).to.equal('v')
  })

  it('refuses a better-sqlite3 that would crash this Node, and names the one to install', () => {
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
