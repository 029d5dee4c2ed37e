import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The programs that specs need, and the Debian package of each. */
const PACKAGES = {
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  memcached: 'memcached',
} as const

export type Program = keyof typeof PACKAGES

const USUAL_PLACES = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/snap/bin']

/** The path of a program, or `undefined` when it is not on this machine. */
export function find(program: Program): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), ...USUAL_PLACES]
  return places.map((place) => join(place, program)).find(isProgram)
}

/** The message for a machine without the program. */
export function lacking(program: Program): string {
  return `${program} is not on this machine (Debian: apt-get install ${PACKAGES[program]})`
}

/** Tells whether a program is required: in CI all of them, elsewhere those whose names begin like one in `CACHE_SPEC_SERVERS`. */
export function isRequired(program: Program): boolean {
  const { CI, CACHE_SPEC_SERVERS } = process.env
  if (CACHE_SPEC_SERVERS === undefined) return CI !== undefined && CI !== '' && CI !== 'false'
  return CACHE_SPEC_SERVERS.split(',').some((name) => name.trim() !== '' && program.startsWith(name.trim()))
}

/** Installs what is missing where that is ours to do, on a Debian as root, and says so. */
export function installMissing(say: (line: string) => void): void {
  const missing = (Object.keys(PACKAGES) as Program[]).filter((program) => find(program) === undefined)
  if (missing.length === 0 || process.getuid?.() !== 0 || !isProgram('/usr/bin/apt-get')) return

  const packages = missing.map((program) => PACKAGES[program])
  say(`Installing ${packages.join(', ')} for the specs.`)
  apt(['update'])
  // Its answer is not looked at: Debian starts what it installs, and that fails where the usual port is taken. The program
  // is there all the same.
  apt(['install', '-y', '--no-install-recommends', ...packages])
}

function apt(args: string[]): void {
  spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  })
}

/** The version that a program tells, such as `7.0.15`. */
export function versionOf(path: string): string {
  return /\d+\.\d+\.\d+/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[0] ?? 'of unknown version'
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
