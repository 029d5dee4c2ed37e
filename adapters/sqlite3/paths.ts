import { existsSync, lstatSync, mkdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { ConfigError } from '../../lib/core/errors.ts'

/** The file under a path, as the file system numbers it; `undefined` for none. */
export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

/** Makes a folder and those above it. */
export function makeFolder(folder: string): void {
  // Not by `recursive`: Node tries for ever where a folder that exists takes no children, as /proc does.
  if (existsSync(folder)) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** A path that does not depend on the working directory, which may change. Throws `ConfigError` if that is gone. */
export function absolutePath(path: string): string {
  try {
    return resolve(path)
  } catch (cause) {
    const message = `The path ${JSON.stringify(path)} is relative, and the working directory does not exist any more. Give an absolute path.`
    throw new ConfigError(message, 'E_CONFIG', { cause })
  }
}

const MOST_LINKS = 40

/** The same text for every path of a file, whether it exists or not: absolute, and without symbolic links. */
export function realPath(path: string, links = 0): string {
  const full = absolutePath(path)
  try {
    return realpathSync.native(full)
  } catch {
    const folder = dirname(full)
    if (folder === full) return full
    const target = links < MOST_LINKS ? targetOf(full) : undefined
    if (target !== undefined) return realPath(resolve(folder, target), links + 1)
    return join(realPath(folder, links), basename(full))
  }
}

/** The target of a symbolic link that points to nothing yet. */
function targetOf(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined
  }
}
