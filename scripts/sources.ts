import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Reads the sources of the project, for the architecture spec and the drawing of the folders. */

export const root = fileURLToPath(new URL('..', import.meta.url))

/** An import in a source file, of a module or a package. */
export interface Import {
  readonly from: string
  readonly specifier: string
  readonly isType: boolean
}

/** The imports and re-exports of a file, also those at run time and those of types in place. */
export function importsOf(file: string): Import[] {
  const names =
    /^(?:import|export)\s+(type\s)?\s*(?:[\w$]+|(?:[\w$]+,\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?))\s+from\s+'([^']+)'/gm
  const bare = /(typeof )?\bimport\s*\(?\s*'([^']+)'/g
  const code = codeOf(file)
  return [
    ...[...code.matchAll(names)].map(([, type, specifier]) => ({ from: file, specifier: specifier!, isType: !!type })),
    ...[...code.matchAll(bare)].map(([, type, specifier]) => ({ from: file, specifier: specifier!, isType: !!type })),
  ]
}

/** The text of a file without its comments. */
export function codeOf(file: string): string {
  return textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
}

/** The text of a file. */
export function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** The TypeScript files of some folders, as paths from the root. */
export function sourcesIn(...folders: string[]): string[] {
  const entries = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()),
  )
  const files = entries.map((entry) => relative(root, join(entry.parentPath, entry.name)))
  return files.filter((file) => file.endsWith('.ts') && !file.includes('node_modules/'))
}
