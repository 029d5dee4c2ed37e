import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './child.ts'
import { find, installMissing, isRequired, lacking, type Program, versionOf } from './programs.ts'
import { tempFolder } from './run-folder.ts'
import { memcached, type PrivateServer, redis, sharedPort } from './servers.ts'
import { printSummary, readSummary, SUMMARY_FILE, type Summary } from './summary.ts'

/**
 * `npm test`: starts the servers that the specs share, runs mocha, stops the servers, and says what came of it.
 * Arguments go to mocha; a folder means the specs in it: `npm test -- spec/redis --grep 'comes back'`.
 */

/** How long all the specs may take, in ms, before they count as hanging. */
const LIMIT = 25 * 60_000

const shared: [name: string, program: Program, begin: () => Promise<PrivateServer>][] = [
  ['REDIS', 'redis-server', () => redis({})],
  ['MEMCACHED', 'memcached', () => memcached({})],
]

const say = (line: string): void => console.log(line)
const servers: PrivateServer[] = []
const env: NodeJS.ProcessEnv = { ...process.env, [SUMMARY_FILE]: join(tempFolder('summary'), 'summary.json') }

installMissing(say)
for (const [name, program, begin] of shared) {
  const path = find(program)
  if (path === undefined) {
    say(`${lacking(program)}: ${isRequired(program) ? 'its specs will fail' : 'its specs will be skipped'}.`)
    continue
  }
  const server = await begin()
  servers.push(server)
  env[sharedPort(name)] = String(server.port)
  say(`${program} ${versionOf(path)} on port ${server.port}`)
}

const code = await runMocha(specsOf(process.argv.slice(2)))
await Promise.all(servers.map((server) => server.close()))

const summary = summaryOf(code)
printSummary(summary)
process.exitCode = summary.failed === 0 ? 0 : 1

/** Runs mocha to its end; its exit code, or `null` when it was killed. */
function runMocha(args: string[]): Promise<number | null> {
  // `_mocha` is mocha in this very process rather than in a child of it, which could be left over.
  const mocha = spawn(process.execPath, ['--import', 'tsx', 'node_modules/mocha/bin/_mocha', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const timer = setTimeout(() => {
    console.error(`\nThe specs did not end within ${LIMIT / 60_000} minutes: the last one above hangs.`)
    mocha.kill('SIGKILL')
  }, LIMIT)
  // Ctrl+C reaches mocha too, which then ends; a SIGTERM is passed on. Either way the servers are stopped here.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => mocha.kill('SIGTERM'))

  return new Promise((resolve) => {
    mocha.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code)
    })
  })
}

/** The specs that are meant: those named, those in the folders named, or all. */
function specsOf(args: string[]): string[] {
  const specs = args.map((arg) => (isFolder(arg) ? `${arg.replace(/\/+$/, '')}/**/*.spec.ts` : arg))
  const anyNamed = specs.some((arg) => arg.includes('.spec.') && !arg.startsWith('-'))
  return anyNamed ? specs : [...specs, 'spec/**/*.spec.ts']
}

function isFolder(arg: string): boolean {
  const path = join(root, arg)
  return !arg.startsWith('-') && existsSync(path) && statSync(path).isDirectory()
}

/** What the mocha process told; an end that its numbers do not explain counts as a failure. */
function summaryOf(code: number | null): Summary {
  const told = readSummary(env[SUMMARY_FILE]!) ?? { passed: 0, failed: 0, skipped: 0, reasons: [] }
  if (code === 0 || told.failed > 0) return told

  console.error(`\nmocha ended with ${code === null ? 'a signal' : `code ${code}`} although no test failed.`)
  return { ...told, failed: 1 }
}
