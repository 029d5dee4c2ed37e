import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { child, root } from '../support/child.ts'
import { freePort } from '../support/ports.ts'
import { tempFolder } from '../support/run-folder.ts'
import { memcached, redis } from '../support/servers.ts'

/** Options of each adapter against a backend that works, as JSON. */
async function options(name: string): Promise<string> {
  if (name.endsWith('RedisCache')) return JSON.stringify({ url: (await redis()).url })
  if (name.endsWith('MemcachedCache')) return JSON.stringify({ servers: `127.0.0.1:${(await memcached()).port}` })
  if (name.endsWith('SqliteCache')) return JSON.stringify({ path: join(tempFolder('exit'), 'cache.db') })
  return '{}'
}

const NAMES = ['MemoryCache', 'RedisCache', 'MemcachedCache', 'SqliteCache'].flatMap((name) => [name, `Async${name}`])

describe('a process', function () {
  this.timeout(60_000)

  for (const name of NAMES) {
    it(`exits by itself when it has used ${name} and not closed it`, async () => {
      const result = await child(`
        import { ${name} } from './lib/index.ts'
        const cache = new ${name}(${await options(name)})
        await cache.set('exit', 1)
        console.log(await cache.get('exit'), await cache.getOrSet('exit', async () => 2))
      `)
      expect(result).to.include({ code: 0, stderr: '' })
      expect(result.stdout.trim()).to.equal('1 1')
    })
  }

  for (const name of NAMES.filter((name) => /Redis|Memcached/.test(name))) {
    it(`exits by itself, and silently, when the backend of ${name} is dead`, async () => {
      const port = await freePort()
      const result = await child(`
        import { ${name} } from './lib/index.ts'
        const cache = new ${name}(${name.includes('Redis') ? `{ url: 'redis://127.0.0.1:${port}' }` : `{ servers: '127.0.0.1:${port}' }`})
        for (let i = 0; i < 3; i++) console.log(await cache.getOrSet('k', async () => 'made'))
        try { await cache.get('k') } catch (error) { console.log(error.code) }
      `)
      expect(result.code).to.equal(0)
      // A script that does nothing but wait is told so, which is no noise of a client.
      expect(result.stderr.replace(/^\(node:\d+\) \[POLYCACHE_BLOCKING\].*\n.*\n/, '')).to.equal('')
      expect(result.stdout.trim().split('\n')).to.deep.equal(['made', 'made', 'made', 'E_CONNECTION'])
    })
  }

  it('has one cache, however many copies of the package it loads', async () => {
    const folder = tempFolder('copy')
    for (const part of ['lib', 'adapters', 'package.json'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    const result = await child(`
      import { cached } from './lib/index.ts'
      const copy = await import(${JSON.stringify(pathToFileURL(join(folder, 'lib/index.ts')).href)})
      console.log(copy.cached === cached)
      cached.set('k', 'v')
      console.log(copy.cached.get('k'))
      copy.adapterSet('null')
      console.log(cached.get('k', 'gone'))
    `)
    expect(result.stdout.trim().split('\n')).to.deep.equal(['false', 'v', 'gone'])
  })
})
