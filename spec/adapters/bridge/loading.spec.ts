import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { root } from '../../support/child.ts'
import { tempFolder } from '../../support/run-folder.ts'
import { allow } from '../../support/skip.ts'

const TSC = join(root, 'node_modules/typescript/bin/tsc')
const TSX = fileURLToPath(import.meta.resolve('tsx/cli'))
const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url))

/** A module in TypeScript that only a compiler takes: `enum` cannot be stripped. */
const TYPESCRIPT = `
  import { greeting } from './greeting'
  enum Verb { Load = 'load' }
  type Options = { name: string }
  export default ({ name }: Options) => ({
    [Verb.Load]: async () => greeting + name, save: async () => {}, drop: async () => 0, close: async () => {},
  })
`

/** What an application does: it loads the bridge, and asks the store that a module makes for the key 'name'. */
const APPLICATION = `
  const store = new BridgedStore(
    { module: MODULE, options: { name: 'ünï' }, operationTimeout: 5000 },
    { adapter: 'AppCache', emit: (event) => console.log('event', event) },
  )
  try {
    console.log('answer', store.load('name'))
  } catch (error) {
    console.log(error.name, error.message)
  }
`

describe('a bridge in a built package', () => {
  const folder = join(tempFolder('bridge'), 'a path with späces')
  const dist = join(folder, 'dist')
  const bridge = join(dist, 'adapters/bridge/caller/store.js')
  const built = join(folder, 'plain store.mjs')
  const typed = join(FIXTURES, 'far-store.ts')
  const commonFolder = join(folder, 'common')

  before(() => {
    allow(60_000)
    mkdirSync(commonFolder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(commonFolder, 'package.json'), '{}')
    copyFileSync(join(FIXTURES, 'plain-store.mjs'), built)
    for (const at of [folder, commonFolder]) {
      writeFileSync(join(at, 'store.ts'), TYPESCRIPT)
      writeFileSync(join(at, 'greeting.ts'), `export const greeting: string = 'hello '`)
    }
    const tsc = [
      TSC,
      '-p',
      join(root, 'tsconfig.build.json'),
      '--noCheck',
      '--declaration',
      'false',
      '--emitDeclarationOnly',
      'false',
      '--outDir',
      dist,
    ]
    const { status, stdout } = spawnSync(process.execPath, tsc, { encoding: 'utf8' })
    expect(status, stdout).to.equal(0)
  })

  it('starts under plain node, from a path with spaces and umlauts', () => {
    expect(esm([], built)).to.equal('answer ünï\n')
  })

  it('starts when CommonJS code requires it', () => {
    const text = `const { BridgedStore } = require(${JSON.stringify(bridge)})\n${application(built)}`
    expect(run([], 'main.cjs', text)).to.equal('answer ünï\n')
  })

  it('loads a module in TypeScript beside which tsx is installed', () => {
    expect(esm([], typed)).to.equal('answer undefined\n')
  })

  it('loads a module in TypeScript when the application runs under tsx', () => {
    expect(esm([TSX], join(folder, 'store.ts'))).to.equal('answer hello ünï\n')
    expect(esm([TSX], join(commonFolder, 'store.ts'))).to.equal('answer hello ünï\n')
  })

  it('loads a module in plain JavaScript when the application runs under tsx', () => {
    expect(esm([TSX], built)).to.equal('answer ünï\n')
  })

  it('says what to do about TypeScript that nothing there can load', function () {
    if ('typescript' in process.features) this.skip()
    expect(esm([], join(folder, 'store.ts'))).to.match(
      /^ConfigError .*store\.ts is TypeScript.*npm install --save-dev tsx\n$/,
    )
  })

  it('starts in code that is given on the command line', () => {
    const text = `import { BridgedStore } from ${JSON.stringify(pathToFileURL(bridge).href)}\n${application(built)}`
    expect(node('--input-type=module', '--eval', text)).to.equal('answer ünï\n')
  })

  function esm(flags: string[], module: string): string {
    const text = `import { BridgedStore } from './dist/adapters/bridge/caller/store.js'\n${application(module)}`
    return run(flags, 'main.mjs', text)
  }

  function application(module: string): string {
    return APPLICATION.replace('MODULE', JSON.stringify(module))
  }

  function run(flags: string[], file: string, text: string): string {
    writeFileSync(join(folder, file), text)
    return node(...flags, join(folder, file))
  }

  function node(...args: string[]): string {
    allow(20_000)
    // Without what mocha's own process was told: no tsx but where a test says so.
    const env = { ...process.env, NODE_OPTIONS: '' }
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      env,
      encoding: 'utf8',
      timeout: 20_000,
    })
    return stdout || stderr
  }
})
