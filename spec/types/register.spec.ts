import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { project } from '../support/blocks.ts'
import { root } from '../support/child.ts'
import { tempFolder } from '../support/run-folder.ts'

const IMPORTS = `
  import { adapterGet, adapterSet, AsyncMemoryCache, type Cache, cached, get, getOrSet, MemoryCache } from 'polycache'
`

/** A module of an application. Merging declarations changes a whole program, so each has a program of its own. */
const APPLICATION = `
  ${IMPORTS}
  const instance: AsyncMemoryCache = adapterSet(new AsyncMemoryCache())
  const ofClass: AsyncMemoryCache = adapterSet(AsyncMemoryCache)
  const eitherColour: Cache = adapterSet(new MemoryCache() as Cache)
  const current: Cache<'async'> = adapterGet()
  const found: Promise<number | undefined> = cached.get<number>('n')
  const made: Promise<string> = cached.getOrSet('s', (key) => key)
  const eventual: Promise<string> = cached.getOrSet('s', async (key) => key)
  const ofFunction: Promise<number | undefined> = get<number>('n')
  const madeByFunction: Promise<string> = getOrSet('s', (key) => key)
  const keys: AsyncIterable<string> = cached.keys()
  // @ts-expect-error It gives a promise now.
  const wrong: number | undefined = cached.get<number>('n')
  async function scoped() {
    await using cache = cached.enter()
    await cache.set('n', 1)
  }
`

const REGISTER = (mode: string) => `declare module 'polycache' { interface Register { mode: ${mode} } }`

describe('An application that registers the mode of `cached`', function () {
  this.timeout(60_000)

  it('has it typed with promises when that is async', async () => {
    expect(
      await compile({ 'application.ts': APPLICATION, 'cache.ts': `import 'polycache'\n${REGISTER("'async'")}` }),
    ).to.equal('')
  })

  it('has it typed with values when that is sync, or nothing', async () => {
    const sync = `
      ${IMPORTS}
      const found: number | undefined = cached.get<number>('n')
      // @ts-expect-error An asynchronous adapter is none for it.
      adapterSet(new AsyncMemoryCache())
      function scoped() {
        using cache = cached.enter()
        cache.set('n', 1)
      }
    `
    expect(await compile({ 'application.ts': sync })).to.equal('')
    expect(await compile({ 'application.ts': `${sync}\n${REGISTER("'sync'")}` })).to.equal('')
  })

  it('is told when it expects values all the same', async () => {
    const wrong = `${IMPORTS}\n${REGISTER("'async'")}\nconst found: number | undefined = cached.get<number>('n')`
    expect(await compile({ 'application.ts': wrong })).to.match(/application\.ts\(.*Promise<number \| undefined>/)
  })
})

/** What the compiler says of a program; nothing when all is well. */
async function compile(modules: Record<string, string>): Promise<string> {
  const folder = tempFolder('types')
  project(folder, modules)
  try {
    await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
      cwd: folder,
    })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
