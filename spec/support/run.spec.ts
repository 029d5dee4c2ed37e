import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { child } from './child.ts'
import { tempFolder } from './run-folder.ts'

const SPECS: Record<string, string> = {
  passing: `describe('A passing spec', () => { it('passes', () => {}); it.skip('is skipped', () => {}) })`,
  failing: `describe('A failing spec', () => { it('fails', () => { throw new Error('on purpose') }) })`,
  hanging: `describe('A hanging spec', () => { it('blocks its thread for ever', () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) }) })`,
  exiting: `describe('An exiting spec', () => { it('ends its process', () => process.exit(3)) })`,
  unloadable: `throw new Error('no spec')`,
}

/** Runs `npm test` over the specs of these names. */
async function run(...names: string[]): Promise<{ code: number | null; stdout: string; stderr: string; last: string }> {
  const folder = tempFolder('specs')
  for (const name of names) writeFileSync(join(folder, `${name}.spec.ts`), SPECS[name]!)
  const script = `process.argv = [process.argv[0], 'run.ts', '--fast', ${JSON.stringify(folder)}]; await import('./spec/support/run.ts')`
  const env = { CACHE_SPEC_SILENCE: '8000', CACHE_SPEC_JOB: undefined }
  const { code, stdout, stderr } = await child(script, { limit: 120_000, env })
  return { code, stdout, stderr, last: stdout.trimEnd().split('\n').at(-1)! }
}

describe('npm test', () => {
  it('runs every file, names what failed, and prints three numbers on the last line', async () => {
    const { code, stdout, last } = await run('failing', 'passing')
    expect(last).to.equal('1 passed, 1 failed, 1 skipped')
    expect(stdout).to.contain('on purpose').and.to.contain('Failed:\n  A failing spec fails\n')
    expect(code).to.equal(1)
  })

  it('is content when nothing failed', async () => {
    expect(await run('passing')).to.include({ code: 0, last: '1 passed, 0 failed, 1 skipped', stderr: '' })
  })

  it('names a test that hangs, even if it blocks its thread, and runs the other files', async () => {
    const { code, stdout, last } = await run('hanging', 'passing')
    expect(stdout).to.match(/hanging\.spec\.ts hangs: A hanging spec blocks its thread for ever/)
    expect(last).to.equal('1 passed, 1 failed, 1 skipped')
    expect(code).to.equal(1)
  })

  it('names a file that ends its process or cannot be loaded, and runs the others', async () => {
    const { stdout, last } = await run('exiting', 'unloadable', 'passing')
    expect(stdout)
      .to.match(/exiting\.spec\.ts ended its process \(code 3\): An exiting spec ends its process/)
      .and.to.match(/unloadable\.spec\.ts cannot be loaded/)
    expect(last).to.equal('1 passed, 2 failed, 1 skipped')
  })
})
