import { find, installMissing, isRequired, lacking, type Program, versionOf } from './programs.ts'
import { selection } from './selection.ts'
import { memcached, type PrivateServer, redis, sharedPort } from './servers.ts'
import { printSummary, printTimes } from './summary.ts'
import { runFiles } from './workers.ts'

/**
 * `npm test`: runs the specs in two processes, each with a Redis and a memcached of its own, and prints the summary.
 *
 *   npm test -- spec/adapters/redis --grep 'comes back'     a folder or files, and some options of mocha
 *   npm test -- --jobs 1                                    in one process
 *   npm test -- --times                                     with the time of each file
 *   npm run test:fast                                       without servers, child processes and fuzzing
 */

const SHARED: [name: string, program: Program, begin: () => Promise<PrivateServer>][] = [
  ['REDIS', 'redis-server', () => redis({})],
  ['MEMCACHED', 'memcached', () => memcached({})],
]

const say = (line: string): void => console.log(line)
const { files, mocha, jobs, fast, times } = selection(process.argv.slice(2))
const servers: PrivateServer[] = []

// Ctrl+C reaches the workers too, which then end: the servers are stopped after them.
process.on('SIGINT', () => {})
if (!fast) installMissing(say)
const environments = await Promise.all(Array.from({ length: jobs }, (_, job) => environmentOf(job)))
const summary = await runFiles(files, { mocha, environments })
await Promise.all(servers.map((server) => server.close()))

if (times) printTimes(summary)
printSummary(summary)
process.exitCode = summary.failed === 0 ? 0 : 1

/** The environment of a worker: servers that no other worker talks to, and ports that no other worker listens on. */
async function environmentOf(job: number): Promise<NodeJS.ProcessEnv> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    CACHE_SPEC_JOB: `${job}/${jobs}`,
    ...(fast && { CACHE_SPEC_FAST: '1' }),
  }
  if (process.stdout.isTTY) env.MOCHA_COLORS = '1'
  if (fast) return env

  for (const [name, program, begin] of SHARED) {
    const path = find(program)
    if (path === undefined) {
      if (job === 0)
        say(`${lacking(program)}: ${isRequired(program) ? 'its specs will fail' : 'its specs will be skipped'}.`)
      continue
    }
    const server = await begin()
    servers.push(server)
    env[sharedPort(name)] = String(server.port)
    say(`${program} ${versionOf(path)} on port ${server.port}`)
  }
  return env
}
