import { cpSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { child, root } from '../support/child.ts'
import { tempFolder } from '../support/run-folder.ts'

describe('Two copies of the package in one process', () => {
  let copy = ''
  before(() => {
    copy = tempFolder('copy')
    for (const folder of ['lib', 'adapters']) cpSync(join(root, folder), join(copy, folder), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }')
  })

  const run = async (program: string): Promise<string[]> => {
    const { stdout, stderr } = await child(`
      const ours = { ...(await import('./lib/index.ts')), ...(await import('./lib/memo/index.ts')) }
      const copy = ${JSON.stringify(copy)}
      const theirs = { ...(await import(copy + '/lib/index.ts')), ...(await import(copy + '/lib/memo/index.ts')) }
      if (ours.memoize === theirs.memoize) throw new Error('one copy')
      ${program}
    `)
    expect(stderr).to.equal('')
    return stdout.trim().split('\n')
  }

  it('clear one another’s namespaces, in memory and in an adapter of either', async () => {
    const lines = await run(`
      const cache = new theirs.MemoryCache()
      for (const given of [undefined, cache]) {
        for (const [one, other] of [[ours, theirs], [theirs, ours]]) {
          const load = one.memoize((n) => n, { cache: given, name: 'load', namespace: 'users' })
          load(1)
          await (given === undefined ? other.clearNamespaces('users') : other.clearNamespaces(given, 'users'))
          console.log(load.cacheIn(1))
        }
      }
    `)
    expect(lines).to.deep.equal(['false', 'false', 'false', 'false'])
  })

  it('share results under a name, and unwrap one another’s memoized functions', async () => {
    const lines = await run(`
      const fn = (n) => n
      const [one, other] = [ours, theirs].map(({ memoize }) => memoize(fn, { name: 'fn' }))
      one(1)
      console.log(other.cacheIn(1), other.cacheKey(1) === one.cacheKey(1), theirs.memoize(one).uncached === fn)
    `)
    expect(lines).to.deep.equal(['true true true'])
  })

  it('follow the options of memoize in an adapter of the other', async () => {
    const lines = await run(`
      let runs = 0
      const cache = new theirs.MemoryCache()
      const some = ours.memoize((n) => { runs++; return n }, { cache, name: 'some', shouldCache: (n) => n > 0 })
      for (const n of [0, 0, 1, 1]) some(n)
      const failing = ours.memoize((n) => { runs++; return n }, { cache, name: 'timed', timeout: (n) => n })
      for (const n of [100, 100]) failing(n)
      console.log(runs, Math.round(cache.ttl(failing.cacheKey(100))))
    `)
    expect(lines).to.deep.equal(['4 100'])
  })
})
