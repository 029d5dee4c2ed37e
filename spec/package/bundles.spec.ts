import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect } from 'chai'
import { build as esbuild } from 'esbuild'
import { rollup } from 'rollup'
import { build as vite } from 'vite'
import webpack from 'webpack'
import { redis } from '../support/servers.ts'
import { Consumer, pack } from './consumer.ts'

/** Builds the program of a project into one file, with everything that it imports but modules of Node. */
type Bundler = (folder: string, entry: string, file: string) => Promise<unknown>

const isNode = (id: string): boolean => id.startsWith('node:')

const BUNDLERS: Readonly<Record<string, Bundler>> = {
  'esbuild (ESM)': (folder, entry, file) => withEsbuild(folder, entry, file, { format: 'esm' }),
  'esbuild (ESM, minified)': (folder, entry, file) => withEsbuild(folder, entry, file, { format: 'esm', minify: true }),
  'esbuild (CommonJS)': (folder, entry, file) => withEsbuild(folder, entry, file, { format: 'cjs' }),
  'esbuild (CommonJS, minified)': (folder, entry, file) =>
    withEsbuild(folder, entry, file, { format: 'cjs', minify: true }),
  'rollup (ESM)': (folder, entry, file) => withRollup(folder, entry, file, 'es'),
  'rollup (CommonJS)': (folder, entry, file) => withRollup(folder, entry, file, 'cjs'),
  'webpack (CommonJS, minified)': withWebpack,
  'vite (ESM, minified)': withVite,
}

/** What is in the code of each backend, and nowhere else. */
const BACKENDS = /ioredis|better-sqlite3|UNLINK|MongoClient|gats |receiveMessageOnPort/

const MEMORY = `
  import { cached } from 'polycache'
  cached.set('k', { found: 1n }, '5m')
  console.log(cached.get('k'), cached)
`
const NAMES = `
  import { adapterSet, cached, CacheNotFound, MissingDependency } from 'polycache'
  adapterSet('MemoryCache').on('set', ({ adapter }) => console.log(adapter))
  cached.set('k', 1)
  try { cached.getOrFail('missing') } catch (error) { console.log(error.name, error instanceof CacheNotFound) }
  try { adapterSet('redis') } catch (error) { console.log(error.name, error instanceof MissingDependency) }
`
const SETTINGS = `
  import { cached } from 'polycache'
  try { cached.get('k') } catch (error) { console.log(error.code, error.message) }
`
const REDIS = `
  import { asyncAdapterSet, asyncCached, adapterSet, cached } from 'polycache'
  adapterSet(process.env.WHERE)
  asyncAdapterSet(process.env.WHERE)
  cached.set('k', { found: 1n }, '5m')
  asyncCached.get('k').then((found) => {
    console.log(found, cached.get('k'))
    asyncCached.close()
  })
`

describe('A bundle', function () {
  this.timeout(180_000)

  let consumer: Consumer
  let withRedis: Consumer

  before(async () => {
    const tarball = await pack()
    consumer = await Consumer.install(tarball)
    withRedis = await Consumer.install(tarball)
    withRedis.link('ioredis')
  })

  for (const [bundler, build] of Object.entries(BUNDLERS)) {
    const file = `bundle.${bundler.includes('CommonJS') ? 'cjs' : 'mjs'}`

    /** Bundles a program, and runs it where the sources are. */
    const run = async (project: Consumer, program: string, env: NodeJS.ProcessEnv = {}) => {
      const entry = project.write('program.mjs', program)
      await build(project.folder, entry, file)
      return { code: project.read(file), output: await project.runFile(file, env) }
    }

    describe(`by ${bundler}`, () => {
      it('holds no backend but memory for a program that imports cached alone', async () => {
        const { code, output } = await run(consumer, MEMORY)
        expect(output).to.match(/^\{ found: 1n \} MemoryCache \{ entries: 1, .*\}\n$/)
        expect(BACKENDS.exec(code)?.[0]).to.equal(undefined)
      })

      it('says what to import when CACHE_ADAPTER names an adapter that is not in it', async () => {
        const { output } = await run(consumer, SETTINGS, { CACHE_ADAPTER: 'redis' })
        expect(output).to.match(/^E_CONFIG .*Import adapterSet from polycache/)
      })

      it('keeps the names of adapters and errors, and says what is not installed', async () => {
        const { output } = await run(consumer, NAMES)
        expect(output).to.equal('MemoryCache\nCacheNotFound true\nMissingDependency true\n')
      })

      it('reaches Redis, synchronously too', async () => {
        const { url } = await redis()
        const env = {
          WHERE: url,
          CACHE_PREFIX: `${randomUUID()}:`,
          NODE_OPTIONS: '--disable-warning=POLYCACHE_BLOCKING',
        }
        const { output } = await run(withRedis, REDIS, env)
        expect(output).to.equal('{ found: 1n } { found: 1n }\n')
      })
    })
  }

  it('that is moved away from the package says how to keep the file of the worker thread', async () => {
    await withEsbuild(withRedis.folder, withRedis.write('program.mjs', REDIS), 'bundle.mjs', { format: 'esm' })
    const elsewhere = Consumer.empty()
    elsewhere.link('ioredis')
    elsewhere.write('bundle.mjs', withRedis.read('bundle.mjs'))
    const output = await elsewhere.runFile('bundle.mjs', { WHERE: 'redis://127.0.0.1:1' })
    expect(output).to.contain('RedisCache runs its connection in a worker thread').and.contain('--external:polycache')
  })
})

async function withEsbuild(folder: string, entry: string, file: string, options: object): Promise<void> {
  const { warnings } = await esbuild({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    outfile: join(folder, file),
    // An application that is bundled as an ES module leaves CommonJS packages outside.
    external: ['ioredis'],
    logLevel: 'silent',
    ...options,
  })
  // `import.meta` is empty in CommonJS, which the package expects.
  expect(warnings.filter(({ id }) => id !== 'empty-import-meta')).to.deep.equal([])
}

async function withRollup(folder: string, entry: string, file: string, format: 'es' | 'cjs'): Promise<void> {
  const resolve = createRequire(join(folder, 'x'))
  const packages = {
    name: 'packages',
    resolveId: (id: string) => (id === 'polycache' ? resolve.resolve(id) : undefined),
  }
  const bundle = await rollup({ input: entry, external: isNode, plugins: [packages], logLevel: 'silent' })
  await bundle.write({ file: join(folder, file), format })
}

async function withWebpack(folder: string, entry: string, file: string): Promise<void> {
  const compiler = webpack({
    mode: 'production',
    context: folder,
    entry,
    target: 'node',
    output: { path: folder, filename: file },
  })
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) =>
    compiler!.run((error, stats) => (error ? reject(error) : resolve(stats))),
  )
  expect(stats?.toJson({ all: false, errors: true, warnings: true })).to.deep.equal({ errors: [], warnings: [] })
}

async function withVite(folder: string, entry: string, file: string): Promise<void> {
  await vite({
    root: folder,
    logLevel: 'silent',
    configFile: false,
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: folder,
      emptyOutDir: false,
      minify: true,
      rollupOptions: { output: { entryFileNames: file } },
    },
  })
}
