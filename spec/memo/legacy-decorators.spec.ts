import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { root } from '../support/child.ts'
import { tempFolder } from '../support/run-folder.ts'

const TSC = join(root, 'node_modules/typescript/bin/tsc')

const PROGRAM = `
  import { AsyncMemoryCache, MemoryCache } from '${root}/lib/index.ts'
  import { cacheable, cacheClear, cachePut, createMemo, memoOf } from '${root}/lib/memo/index.ts'

  const cache = createMemo(new MemoryCache())
  let runs = 0

  class Users {
    readonly step: number
    constructor(step: number) {
      this.step = step
    }
    @cacheable
    times(n: number): number {
      runs++
      return n * this.step
    }
    @cacheable({ per: 'class', timeout: '5m', name: 'user' })
    async load(id: number): Promise<string> {
      runs++
      return 'user ' + id
    }
    @cachePut({ per: 'class', name: 'user', key: (id: number) => '[' + id + ']' })
    async save(id: number, name: string): Promise<string> {
      return name
    }
    @cacheClear('default')
    clear(): void {}
    @cacheable()
    get all(): number {
      return ++runs
    }
    @cacheable()
    static count(n: number): number {
      return ++runs + n
    }
    @cache
    static bare(): number {
      return ++runs
    }
    @cache.clear({ namespaces: ['default'] })
    static clearBare(): void {}
    // @ts-expect-error Its results would be promises.
    @cacheable({ cache: new AsyncMemoryCache() })
    wrong(n: number): number {
      return n
    }
  }

  const [two, three] = [new Users(2), new Users(3)]
  const found: unknown[] = [two.times(1), two.times(1), three.times(1), runs]
  found.push(await two.load(1), await three.load(1), runs, await two.save(1, 'Ann'), await three.load(1))
  found.push(two.all === two.all, Users.count(1) === Users.count(1), Users.bare() === Users.bare())
  found.push(memoOf(two, 'times').cacheIn(1), memoOf(Users, 'count').cacheIn(1))
  const [count, bare] = [Users.count(1), Users.bare()]
  two.clear()
  found.push(Users.count(1) === count, Users.bare() === bare)
  Users.clearBare()
  found.push(Users.bare() === bare)
  console.log(JSON.stringify(found))
`

describe('Decorators with experimentalDecorators', function () {
  this.timeout(60_000)

  let folder: string
  before(() => {
    folder = tempFolder('legacy-decorators')
    const compilerOptions = {
      experimentalDecorators: true,
      noUnusedParameters: false,
      rewriteRelativeImportExtensions: false,
      typeRoots: [join(root, 'node_modules/@types')],
    }
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'program.ts'), PROGRAM)
  })

  it('have types', async () => {
    const compiled = promisify(execFile)(process.execPath, [TSC, '-p', '.'], { cwd: folder })
    const { stdout } = await compiled.catch((error: { stdout: string }) => error)
    expect(stdout.split('\n').filter((line) => line.startsWith('program.ts'))).to.deep.equal([])
  })

  it('work like standard decorators', async () => {
    const tsx = import.meta.resolve('tsx')
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, 'program.ts'], { cwd: folder })
    const expected = [2, 2, 3, 2, 'user 1', 'user 1', 3, 'Ann', 'Ann', true, true, true, true, true, false, true, false]
    expect(JSON.parse(stdout)).to.deep.equal(expected)
  })
})
