import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type ChildResult, child } from '../support/child.ts'
import { freePort } from '../support/ports.ts'
import { tempFolder } from '../support/run-folder.ts'
import { memcached, redis } from '../support/servers.ts'

describe('npm run demo', () => {
  let folder = ''
  let env: Record<string, string | undefined> = {}

  const demo = (...args: string[]): Promise<ChildResult> =>
    child(`await import('./examples/demo/main.ts')`, { args, env })

  beforeEach(() => {
    folder = tempFolder('demo')
    env = { SQLITE_PATH: join(tempFolder('demo-cache'), 'made', 'cache.sqlite3'), CACHE_ADAPTER: undefined }
    writeFileSync(join(folder, 'one.ts'), 'a\nb\nc')
    mkdirSync(join(folder, 'deeper'))
    writeFileSync(join(folder, 'deeper', 'two.txt'), 'a\n')
    writeFileSync(join(folder, 'deeper', 'copy.txt'), 'a\n')
  })

  it('measures every file once, and finds all of them in the cache the next time', async () => {
    const first = await demo(folder)
    expect(first.stderr).to.equal('')
    expect(runs(first)).to.deep.equal([
      { run: 'cold', made: '3', hits: '0', ratio: '0.0 %' },
      { run: 'warm', made: '0', hits: '3', ratio: '100.0 %' },
    ])

    const second = await demo(folder)
    expect(runs(second)).to.deep.equal([
      { run: 'cold, as it was', made: '', hits: '', ratio: '' },
      { run: 'warm', made: '0', hits: '3', ratio: '100.0 %' },
    ])
    expect(second.code).to.equal(0)
  })

  it('says what is in the folder', async () => {
    const { stdout } = await demo(folder)
    const kinds = rowsOf(stdout).filter((row) => row.length === 4)
    expect(kinds).to.deep.equal([
      ['kind', 'files', 'bytes', 'lines'],
      ['ts', '1', '5', '3'],
      ['txt', '2', '4', '2'],
      ['all', '3', '9', '5'],
      ['copies', '1', '2', '1'],
    ])
  })

  it('measures a file again that has changed', async () => {
    await demo(folder)
    appendFileSync(join(folder, 'one.ts'), 'd')
    const [, again] = runs(await demo(folder))
    expect(again).to.deep.equal({ run: 'partly warm', made: '1', hits: '2', ratio: '66.7 %' })
  })

  it('forgets everything when it is told to', async () => {
    await demo(folder)
    expect(runs(await demo('--clear', folder))[0]).to.include({ run: 'cold', made: '3' })
  })

  it('does not follow links, and so does not run in circles', async () => {
    symlinkSync('..', join(folder, 'deeper', 'up'))
    symlinkSync('nowhere', join(folder, 'dangling'))
    const { stdout, code } = await demo(folder)
    expect(runs({ stdout })[0]).to.include({ made: '3', hits: '0' })
    expect(code).to.equal(0)
  })

  // Other systems have no names that are not text, and permissions do not hold for root.
  it('leaves out what it cannot read', async function () {
    if (process.platform !== 'linux') return this.skip()
    writeFileSync(Buffer.from(`${folder}/no text \xff`, 'latin1'), 'a')
    const { stdout, code } = await demo(folder)
    expect(stdout).to.contain('1 could not be read')
    expect(runs({ stdout })[0]).to.include({ made: '3', hits: '0' })
    expect(code).to.equal(0)
  })

  it('writes no control characters where there is no terminal', async () => {
    writeFileSync(join(folder, 'bell.\u0007\u001b[31m'), 'a')
    const { stdout } = await demo(folder)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(stdout).not.to.match(/[\u0000-\u0009\u000b-\u001f]/)
  })

  it('runs on the other backends as it is', async () => {
    const { url } = await redis()
    const servers = await memcached()
    for (const adapter of ['memory', url, servers.url]) {
      const result = await demo('--adapter', adapter, folder)
      expect(result.stderr, adapter).to.equal('')
      expect(runs(result)[1], adapter).to.include({ made: '0', hits: '3' })
    }
  })

  it('takes the backend from CACHE_ADAPTER', async () => {
    env = { ...env, CACHE_ADAPTER: 'memory' }
    expect((await demo(folder)).stdout).to.contain('MemoryCache')
  })

  it('says in a line what is wrong, and fails', async () => {
    const wrong: [string[], RegExp][] = [
      [[join(folder, 'nowhere')], /no folder ".*nowhere"/],
      [[join(folder, 'one.ts')], /no folder ".*one\.ts"/],
      [['--adapter', 'cassandra', folder], /Unknown adapter "cassandra".*sqlite3/],
      [['--adapter', `redis://127.0.0.1:${await freePort()}`, folder], /Redis/],
      [['--colour', folder], /--colour/],
    ]
    for (const [args, says] of wrong) {
      const { code, stdout, stderr } = await demo(...args)
      expect(stderr, args.join(' ')).to.match(says)
      expect(stderr.trim().split('\n'), args.join(' ')).to.have.length(1)
      expect({ code, stdout }, args.join(' ')).to.deep.equal({ code: 1, stdout: '' })
    }
  })

  it('explains itself', async () => {
    const { stdout, code } = await demo('--help')
    expect(stdout).to.contain('--adapter').and.contain('--clear')
    expect(code).to.equal(0)
  })
})

/** The table of runs, without what differs from time to time. */
function runs({
  stdout,
}: Pick<ChildResult, 'stdout'>): { run?: string; made?: string; hits?: string; ratio?: string }[] {
  const [, ...rows] = rowsOf(stdout).filter((row) => row.length === 6)
  return rows.map(([run, _time, made, hits, ratio]) => ({ run, made, hits, ratio }) as Record<string, string>)
}

/** The cells of all tables, row by row. */
function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('│'))
  return lines.map((line) =>
    line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
