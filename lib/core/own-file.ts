import { ConfigError } from './errors.ts'
import { locate } from './optional-package.ts'

/**
 * Returns the URL of a module of this package for a worker thread to load. The path starts at the root of the sources and
 * has no extension.
 *
 * This module is two folders below that root, both in the sources and in the build output. If a bundler has inlined it into
 * another file, the installed package is used instead. Throws `ConfigError` if the module is not found.
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
