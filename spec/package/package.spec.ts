import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../support/child.ts'
import { tempFolder } from '../support/run-folder.ts'
import { redis } from '../support/servers.ts'
import { skip } from '../support/skip.ts'
import { Consumer, filesOf, pack } from './consumer.ts'

const USE = `
  cached.set('hello', { world: [1, 2n] }, 60)
  console.log(cached.get('hello'), cached.get('missing', 'fallback'))
`

const USED = '{ world: [ 1, 2n ] } fallback\n'

const TYPED = `
  cached.set('n', 1, '5m')
  const found: number | undefined = cached.get<number>('n')
  const made: string = cached.getOrSet('s', (key) => key + '!')
  const later: Promise<string> = asyncCached.getOrSet('a', async (key) => key)
  const chosen: Coder = coder
  console.log(found, made, later instanceof Promise, chosen.name)

  export function wrong(): Promise<unknown> {
    // @ts-expect-error A unit is needed.
    cached.set('n', 1, '5')
    // @ts-expect-error A synchronous cache gives no promise.
    return cached.get('n')
  }
`

/** A module that imports every entry of the package. */
const ALL = entriesOf()
  .map((entry) => `import type {} from '${entry}'`)
  .join('\n')

describe('The package', function () {
  this.timeout(180_000)

  let tarball: string
  let consumer: Consumer

  before(async () => {
    tarball = await pack()
    consumer = await Consumer.install(tarball)
  })

  it('holds what is needed and nothing else', async () => {
    const files = await filesOf(tarball)
    const documents = ['.env.example', 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']
    expect(files.filter((file) => !file.startsWith('dist/')).sort()).to.deep.equal(documents)
    expect(files.filter((file) => !/\.(d\.ts|js|md|json|example)$|^LICENSE$/.test(file))).to.deep.equal([])
    expect(files.filter((file) => /^dist\/(?!lib\/|adapters\/|cjs\/)/.test(file))).to.deep.equal([])
  })

  it('needs no other package', () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = readJson<Manifest>('package.json')
    expect(dependencies).to.equal(undefined)
    const optional = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional === true)
    expect(optional).to.deep.equal(Object.keys(peerDependencies))
  })

  it('is locked without download addresses', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.to.contain('"resolved"')
  })

  it('is locked for every platform', () => {
    // `npm ci` refuses a lock that lacks one, even one of a platform that is not here. npm writes such a lock when the
    // registry has not got them all.
    const { packages } = readJson<Lock>('package-lock.json')
    const needed = Object.values(packages).flatMap(({ optionalDependencies }) =>
      Object.keys(optionalDependencies ?? {}),
    )
    expect(needed.filter((name) => packages[`node_modules/${name}`] === undefined)).to.deep.equal([])
  })

  it('is imported by an ES module', async () => {
    expect(await consumer.run('use.mjs', `import { cached } from 'polycache'\n${USE}`)).to.equal(USED)
  })

  it('is required by a CommonJS module', async () => {
    expect(await consumer.run('use.cjs', `const { cached } = require('polycache')\n${USE}`)).to.equal(USED)
  })

  it('is one and the same, imported and required', async () => {
    const script = `
      import { createRequire } from 'node:module'
      import { cached } from 'polycache'
      console.log(createRequire(import.meta.url)('polycache').cached === cached)
    `
    expect(await consumer.run('same.mjs', script)).to.equal('true\n')
  })

  it('opens its subpaths', async () => {
    const paths = [
      'adapters/memory',
      'adapters/redis',
      'adapters/memcached',
      'adapters/sqlite3',
      'adapters/mongo',
      'cachetools-utils',
      'cachetoolz',
      'coder',
      'memo',
      'privex',
      'testing',
      'wrappers',
      'wrappers/prefixed',
    ]
    const script = `
      import manifest from 'polycache/package.json' with { type: 'json' }
      for (const path of ${JSON.stringify(paths)}) {
        const names = Object.keys(await import('polycache/' + path))
        if (names.length === 0) console.log(path, 'is empty')
      }
      console.log(manifest.name)
    `
    expect(await consumer.run('paths.mjs', script)).to.match(/^polycache\n(.*ExperimentalWarning[\s\S]*)?$/)
  })

  for (const [call, dependency] of [
    [`adapterSet('redis')`, 'ioredis'],
    [`asyncAdapterSet('redis')`, 'ioredis'],
    [`adapterSet('sqlite3')`, 'better-sqlite3'],
    [`asyncAdapterSet('sqlite3')`, 'sqlite'],
    [`adapterSet('mongo')`, 'mongodb'],
    [`asyncAdapterSet('mongodb')`, 'mongodb'],
  ] as const) {
    it(`says at ${call} what to install when ${dependency} is missing`, async () => {
      const script = `
        import { adapterSet, asyncAdapterSet, MissingDependency } from 'polycache'
        try { ${call} } catch (error) { console.log(error instanceof MissingDependency, error.message) }
      `
      expect(await consumer.run('missing.mjs', script)).to.match(
        new RegExp(`^true \\w+ needs the package "${dependency}"\\. Install it with: npm install ${dependency}\n$`),
      )
    })
  }

  describe('in TypeScript', () => {
    before(() => consumer.link('@types/node'))

    it('is typed for an ES module', async () => {
      const imports = `
        import { asyncCached, cached } from 'polycache'
        import { type Coder, coder } from 'polycache/coder'
      `
      expect(await consumer.compile({ 'typed.mts': imports + TYPED })).to.equal('')
      expect(await consumer.run('out/typed.run.mjs', `import './typed.mjs'`)).to.equal('1 s! true json\n')
    })

    it('is typed for a CommonJS module', async () => {
      const imports = `
        import { asyncCached, cached } from 'polycache'
        import { type Coder, coder } from 'polycache/coder'
      `
      expect(await consumer.compile({ 'typed.cts': imports + TYPED })).to.equal('')
      expect(await consumer.run('out/typed.run.cjs', `require('./typed.cjs')`)).to.equal('1 s! true json\n')
    })

    it('types `cached` with promises for an application that registers so', async () => {
      const registered = `
        import { AsyncMemoryCache, adapterSet, cached } from 'polycache'
        declare module 'polycache' { interface Register { mode: 'async' } }
        adapterSet(new AsyncMemoryCache())
        const found: Promise<number | undefined> = cached.get<number>('n')
        // @ts-expect-error It gives a promise now.
        const wrong: number | undefined = cached.get<number>('n')
        console.log(found instanceof Promise, wrong)
      `
      expect(await consumer.compile({ 'registered.mts': registered })).to.equal('')
    })

    it('refuses an asynchronous adapter for `cached` otherwise', async () => {
      const unregistered = `
        import { AsyncMemoryCache, adapterSet } from 'polycache'
        // @ts-expect-error Nothing says that \`cached\` is asynchronous.
        adapterSet(new AsyncMemoryCache())
      `
      expect(await consumer.compile({ 'unregistered.mts': unregistered })).to.equal('')
    })

    it('has declarations without an error, whatever packages are missing', async () => {
      expect(await consumer.compile({ 'all.mts': ALL }, false)).to.equal('')
      expect(await consumer.compile({ 'all.cts': ALL }, false)).to.equal('')
    })

    it('has declarations without an error in TypeScript 5.2 and with the types of Node 18', async () => {
      const old = await Consumer.install(tarball)
      if (!(await old.add('typescript@5.2', '@types/node@18'))) skip('the npm registry cannot be reached')
      expect(await old.compile({ 'all.mts': ALL }, false, old.folder)).to.equal('')
    })
  })

  describe('with its optional packages', () => {
    before(() => {
      for (const name of ['ioredis', 'better-sqlite3', '@types/better-sqlite3', 'mongodb', 'msgpackr'])
        consumer.link(name)
    })

    it('has declarations without an error', async () => {
      expect(await consumer.compile({ 'all.mts': ALL }, false)).to.equal('')
    })

    it('keeps values in SQLite', async () => {
      const path = JSON.stringify(join(tempFolder(), 'app.db'))
      const script = `import { adapterSet, cached } from 'polycache'\nadapterSet('sqlite3', { path: ${path} })\n${USE}`
      expect(await consumer.run('sqlite.mjs', script)).to.equal(USED)
    })

    it('reaches Redis synchronously, through the worker that is in the package', async () => {
      const { url } = await redis()
      const script = `import { adapterSet, cached } from 'polycache'\nadapterSet('${url}')\n${USE}`
      // So short a process waits for more than 5 % of its life, and may be told.
      const NODE_OPTIONS = '--disable-warning=POLYCACHE_BLOCKING'
      const env = { CACHE_PREFIX: `${randomUUID()}:`, NODE_OPTIONS }
      expect(await consumer.run('redis.mjs', script, env)).to.equal(USED)
    })
  })
})

interface Manifest {
  dependencies?: Record<string, string>
  peerDependencies: Record<string, string>
  peerDependenciesMeta: Record<string, { optional?: boolean }>
}

interface Lock {
  packages: Record<string, { optionalDependencies?: Record<string, string> }>
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(root, name), 'utf8')) as T
}

/** The entries of the package, with modules in place of the patterns. */
function entriesOf(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object }
  const names = Object.keys(exports).filter((name) => name !== './package.json')
  const adapters = ['memory', 'redis', 'memcached', 'sqlite3', 'mongo', 'null', 'bridge']
  const others = ['wrappers', 'memo', 'coder', 'testing']
  const filled = (name: string): string[] => {
    if (!name.includes('*')) return [name]
    return (name.includes('adapters') ? adapters : others).map((each) => name.replace('*', each))
  }
  return names.flatMap(filled).map((name) => name.replace(/^\./, 'polycache'))
}
