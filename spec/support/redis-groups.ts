import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ask, type Server, START_LIMIT } from './server.ts'
import { flags, needed, redisRecipe, start } from './servers.ts'
import { allow } from './skip.ts'

/** Several Redis servers that work together: a cluster, or a master with its sentinel. */

export interface RedisCluster {
  readonly nodes: readonly Server[]
  /** Ends every node. */
  close(): Promise<void>
}

export interface RedisSentinel {
  /** The name under which the sentinel knows the master. */
  readonly name: string
  readonly sentinel: Server
  readonly master: Server
  /** Becomes the master some seconds after the master died. */
  readonly replica: Server
  /** Ends all three. */
  close(): Promise<void>
}

let sharedCluster: Promise<RedisCluster> | undefined

/** A Redis Cluster of masters, each with an equal part of the slots. Shared by the run; `private: true` for one of its own. */
export function redisCluster(nodes = 3, options: { private?: boolean | undefined } = {}): Promise<RedisCluster> {
  if (options.private || nodes !== 3) return beginCluster(nodes)
  allow(2 * START_LIMIT)
  sharedCluster ??= beginCluster(nodes)
  return sharedCluster
}

async function beginCluster(count: number): Promise<RedisCluster> {
  const cli = needed('redis-cli')
  const recipe = redisRecipe({
    args: flags({ 'cluster-enabled': 'yes', 'cluster-config-file': 'nodes.conf', 'cluster-node-timeout': 2000 }),
  })
  const nodes = await Promise.all(Array.from({ length: count }, () => start(recipe)))
  const close = () => closeAll(nodes)
  allow(START_LIMIT)

  await promisify(execFile)(cli, [
    '--cluster',
    'create',
    ...nodes.map(({ port }) => `127.0.0.1:${port}`),
    '--cluster-yes',
  ])
  for (const node of nodes) await until(node, 'CLUSTER INFO', /cluster_state:ok/)
  return { nodes, close }
}

/** A master, its replica, and a sentinel that lets the replica take over a second after the master has died. */
export async function redisSentinel(): Promise<RedisSentinel> {
  const name = 'polycache'
  // The master waits 5 s for further replicas otherwise.
  const master = await start(redisRecipe({ args: flags({ 'repl-diskless-sync-delay': 0 }) }))
  const replica = await start(redisRecipe({ args: ['--replicaof', '127.0.0.1', String(master.port)] }))
  await until(replica, 'INFO replication', /master_link_status:up/)

  const sentinel = await start({
    ...redisRecipe({}),
    args: (port, dir) => {
      const path = join(dir, 'sentinel.conf')
      writeFileSync(path, sentinelConfig(name, port, dir, master.port))
      return [path, '--sentinel']
    },
  })
  await until(sentinel, 'INFO sentinel', /slaves=1/)
  return { name, sentinel, master, replica, close: () => closeAll([sentinel, replica, master]) }
}

function sentinelConfig(name: string, port: number, dir: string, master: number): string {
  return [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor ${name} 127.0.0.1 ${master} 1`,
    `sentinel down-after-milliseconds ${name} 1000`,
    `sentinel failover-timeout ${name} 3000`,
  ].join('\n')
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close()))
}

/** Waits until a server gives the answer to a command. */
async function until(server: Server, command: string, answer: RegExp): Promise<void> {
  const limit = performance.now() + START_LIMIT
  let last = ''
  while (performance.now() < limit) {
    last = await ask(server.port, `${command}\r\n`).catch(String)
    if (answer.test(last)) return
    await sleep(50)
  }
  throw new Error(`The server on port ${server.port} does not get ready; ${command} says: ${last}`)
}
