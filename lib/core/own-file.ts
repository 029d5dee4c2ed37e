import { ConfigError } from './errors.ts'
import { locate } from './optional-package.ts'

/**
 * The URL of a module of this package that a worker thread loads: named from the root of the sources, without its ending.
 *
 * This module lies two folders below that root, in the sources and in what is built alike. If a bundler has taken it into
 * another file, the installed package is looked up instead. Throws `ConfigError` if there is none.
 */
export function ownFile(path: string, neededBy: string): URL {
  const here: string | undefined = import.meta.url
  const ending = here?.endsWith('.ts') ? '.ts' : '.js'
  const { existsSync } = process.getBuiltinModule('node:fs')
  const { pathToFileURL } = process.getBuiltinModule('node:url')
  const installed = locate('polycache/package.json')
  const candidates = [
    here === undefined ? undefined : new URL(`../../${path}${ending}`, here),
    installed === undefined ? undefined : new URL(`dist/${path}.js`, pathToFileURL(installed)),
  ]
  const found = candidates.find((url) => url?.protocol === 'file:' && existsSync(url))
  if (found !== undefined) return found
  throw new ConfigError(
    `${neededBy} runs its connection in a worker thread, and a bundler has left out the file of that thread. Keep polycache ` +
      'out of the bundle (esbuild: --external:polycache, webpack and rollup: externals), or use the asynchronous adapter.',
  )
}
