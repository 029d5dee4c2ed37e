import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect } from 'chai'
import { AsyncSqliteCache, SqliteCache } from '../../../adapters/sqlite3/index.ts'
import { makeFolder, realPath } from '../../../adapters/sqlite3/paths.ts'
import { ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import type { Cache } from '../../../lib/core/types.ts'
import { child } from '../../support/child.ts'
import { tempFolder } from '../../support/run-folder.ts'
import { failure } from './support.ts'

describe('The path of a SQLite file', () => {
  const opened: Cache[] = []
  afterEach(async () => {
    for (const cache of opened.splice(0)) await cache.close()
  })

  function open<C extends Cache>(cache: C): C {
    opened.push(cache)
    return cache
  }

  it('is the same for every spelling: caches over it share loads', async () => {
    const folder = tempFolder('paths')
    mkdirSync(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'linked'))
    symlinkSync(join('real', 'cache.db'), join(folder, 'file.db'))
    const path = join(folder, 'real', 'cache.db')
    const spellings = [
      path,
      join(folder, 'linked', 'cache.db'),
      join(folder, 'file.db'),
      relative(process.cwd(), path),
      `${folder}/real/../real//cache.db`,
    ]
    let loads = 0
    const caches = spellings.map((spelling) => open(new AsyncSqliteCache({ path: spelling })))
    const values = caches.map((cache) =>
      cache.getOrSet('k', async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        return ++loads
      }),
    )
    expect(await Promise.all(values)).to.deep.equal(spellings.map(() => 1))
    expect(readdirSync(join(folder, 'real')).filter((name) => name.endsWith('.db'))).to.deep.equal(['cache.db'])
  })

  it('is resolved when the cache is made, not when it is first used', () => {
    const [before, after] = [tempFolder('before'), tempFolder('after')]
    const cwd = process.cwd()
    try {
      process.chdir(before)
      const cache = open(new SqliteCache({ path: 'cache.db' }))
      process.chdir(after)
      cache.set('k', 'v')
    } finally {
      process.chdir(cwd)
    }
    expect([existsSync(join(before, 'cache.db')), existsSync(join(after, 'cache.db'))]).to.deep.equal([true, false])
  })

  it('may not be relative to a working directory that does not exist any more', () => {
    const gone = tempFolder('gone')
    const cwd = process.cwd()
    try {
      process.chdir(gone)
      rmSync(gone, { recursive: true })
      expect(() => new SqliteCache({ path: 'cache.db' })).to.throw(ConfigError, 'absolute path')
    } finally {
      process.chdir(cwd)
    }
  })

  it('fails at once where no folder can be made, where Node itself would try for ever', async function () {
    if (!existsSync('/proc/self')) this.skip()
    const script = `
      import { SqliteCache, AsyncSqliteCache } from './lib/index.ts'
      for (const Class of [SqliteCache, AsyncSqliteCache]) {
        try { await new Class({ path: '/proc/x/y.db' }).get('k') } catch (error) { console.log(error.name) }
      }
    `
    const { stdout, timedOut } = await child(script)
    expect({ stdout, timedOut }).to.deep.equal({ stdout: 'ConnectionFailed\nConnectionFailed\n', timedOut: false })
  })

  it('makes the folders that are missing', () => {
    const folder = join(tempFolder('folders'), 'a', 'b', 'c')
    makeFolder(folder)
    makeFolder(folder)
    expect(existsSync(folder)).to.equal(true)
    expect(realPath(join(folder, 'none', 'x.db'))).to.equal(join(realPath(folder), 'none', 'x.db'))
  })

  for (const Class of [SqliteCache, AsyncSqliteCache]) {
    const later = () => new Promise((resolve) => setTimeout(resolve, 20))

    it(`is followed by ${Class.name} when the file is deleted or moved while it is in use`, async () => {
      const folder = join(tempFolder('moved'), 'sub')
      const path = join(folder, 'cache.db')
      const cache: Cache = open(new Class({ path }))
      const events: string[] = []
      cache.on('error', ({ error }) => void events.push((error as Error).name))
      for (const event of ['connect', 'disconnect'] as const) cache.on(event, () => void events.push(event))
      const disasters = [
        () => rmSync(path),
        () => renameSync(path, `${path}.old`),
        () => rmSync(folder, { recursive: true }),
      ]
      for (const happen of disasters) {
        await cache.set('k', 'old')
        happen()
        await later()
        expect(await cache.get('k')).to.equal(undefined)
        await cache.set('k', 'new')
        expect(await cache.get('k')).to.equal('new')
        expect(existsSync(path)).to.equal(true)
      }
      const noticed = ['ConnectionFailed', 'disconnect', 'connect']
      expect(events).to.deep.equal(['connect', ...noticed, ...noticed, ...noticed])
      const again: Cache = new SqliteCache({ path })
      expect(await again.get('k')).to.equal('new')
      await again.close()
    })
  }

  it('leads to an error that names it if it is a folder', async () => {
    const path = tempFolder('folder')
    const error = await failure(() => open(new SqliteCache({ path })).get('k'))
    expect(error).to.be.instanceOf(ConnectionFailed)
    expect(error.message).to.include(path)
  })
})
