import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Installs the libraries of `bench/package.json`, unless they are there. */
export function installPeers(): void {
  if (existsSync(join(here, 'node_modules'))) return
  console.log('Installing the libraries to compare with.')
  run('npm', ['ci', '--prefix', here, '--no-audit', '--no-fund', '--silent'])
}

/** Compiles the library and the contestants to `bench/dist`. */
export function compile(): void {
  rmSync(join(here, 'dist'), { recursive: true, force: true })
  const package_ = createRequire(import.meta.url).resolve('typescript/package.json')
  run(process.execPath, [join(dirname(package_), 'bin/tsc'), '-p', here, '--noCheck'])
}

function run(program: string, args: string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed.`)
}
