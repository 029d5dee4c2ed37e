import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { find, type Program, versionOf } from '../spec/support/programs.ts'

const OURS = ['ioredis', 'memcached', 'better-sqlite3']
const SERVERS: readonly Program[] = ['redis-server', 'memcached']

/** The machine, and how busy it is now. */
export function machine(): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const load = loadavg()[0]!.toFixed(1)
  return `${type()} ${release()}, ${cpus().length} cores (${cpu?.model.trim()}), ${memory} GB; load at the start ${load}`
}

/** The measured packages, with versions. */
export function versions(): string {
  const servers = SERVERS.map((program) => [program, find(program)] as const)
  return [
    `node ${process.versions.node} (V8 ${process.versions.v8})`,
    ...OURS.map((name) => `${name} ${versionIn(new URL(`../node_modules/${name}/package.json`, import.meta.url))}`),
    ...peers().map((name) => `${name} ${versionIn(new URL(`node_modules/${name}/package.json`, import.meta.url))}`),
    ...servers.flatMap(([name, path]) => (path === undefined ? [] : [`${name} (server) ${versionOf(path)}`])),
  ].join(', ')
}

function peers(): string[] {
  const { dependencies } = read(new URL('package.json', import.meta.url)) as { dependencies: Record<string, string> }
  return Object.keys(dependencies).filter((name) => !OURS.includes(name))
}

function versionIn(file: URL): string {
  return (read(file) as { version: string }).version
}

function read(file: URL): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
