import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../support/child.ts'
import { skip } from '../support/skip.ts'
import { Consumer, pack } from './consumer.ts'

/** An adapter of a user, and a faulty one, each with its proof. */
const SPEC = (imports: string, given: string) => `
  ${imports}
  import { CacheAdapter } from 'polycache'
  import { conforms } from 'polycache/testing'

  class MapCache extends CacheAdapter {
    mode = 'sync'
    map = new Map()
    read(key) { return this.map.get(key) }
    write(key, entry) { this.map.set(key, entry) }
    drop(keys) { return keys.filter((key) => this.map.delete(key)).length }
    close() {}
  }
  class ForgetfulCache extends MapCache {
    drop() { return 0 }
  }

  describe('MapCache', () => conforms((options) => new MapCache(options)${given}))
  if (process.env.FAULTY) describe('ForgetfulCache', () => conforms((options) => new ForgetfulCache(options)${given}))
`

interface Runner {
  /** The package, beside what Node has. */
  readonly needs?: string
  readonly file: string
  readonly text: string
  readonly args: readonly string[]
  readonly env?: Record<string, string>
}

const RUNNERS: Record<string, Runner> = {
  'node --test': {
    file: 'node.test.mjs',
    text: SPEC(`import { describe, it } from 'node:test'`, ', { describe, it }'),
    args: ['--test', '--test-reporter=spec', 'node.test.mjs'],
  },
  vitest: {
    needs: 'vitest',
    file: 'vitest.test.mjs',
    text: SPEC(`import { describe, it } from 'vitest'`, ', { describe, it }'),
    args: ['node_modules/vitest/vitest.mjs', 'run', '--reporter=verbose', 'vitest.test.mjs'],
  },
  'vitest with globals': {
    needs: 'vitest',
    file: 'globals.test.mjs',
    text: SPEC('', ''),
    args: ['node_modules/vitest/vitest.mjs', 'run', '--reporter=verbose', '--globals', 'globals.test.mjs'],
  },
  jest: {
    needs: 'jest',
    file: 'jest.test.mjs',
    text: SPEC('', ''),
    args: [
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--testMatch=**/jest.test.mjs',
      '--colors=false',
    ],
  },
}

describe('conforms, in a project that has installed the package,', function () {
  this.timeout(180_000)
  let consumer: Consumer

  before(async () => {
    consumer = await Consumer.install(await pack())
  })

  for (const [name, { needs, file, text, args, env }] of Object.entries(RUNNERS)) {
    it(`proves an adapter and finds a faulty one under ${name}`, async () => {
      if (needs !== undefined) {
        if (!existsSync(join(root, 'node_modules', needs))) skip(`${needs} is not installed`)
        if (!existsSync(join(consumer.folder, 'node_modules', needs))) consumer.link(needs)
      }
      consumer.write(file, text)
      const run = (more: Record<string, string>) => ended(args, consumer.folder, { ...env, ...more })
      const sound = await run({})
      expect(sound.output).to.contain('gives a stored value back')
      expect(sound.code, sound.output).to.equal(0)
      const faulty = await run({ FAULTY: '1' })
      expect(faulty.output).to.contain('removes keys, and answers whether all of them were there')
      expect(faulty.code).not.to.equal(0)
    })
  }
})

/** Runs node to its end. */
function ended(args: readonly string[], cwd: string, env: Record<string, string>) {
  return new Promise<{ code: unknown; output: string }>((resolve) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 }
    execFile(process.execPath, [...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
    )
  })
}
