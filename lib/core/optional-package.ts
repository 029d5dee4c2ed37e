import { createRequire } from 'node:module'
import { ConfigError, MissingDependency } from './errors.ts'

const require = createRequire(import.meta.url)

/** A package that is installed only where it is needed; throws `MissingDependency`, which says how to install it. */
export function optional<T>(name: string, neededBy: string): T {
  needed(name, neededBy)
  try {
    return require(name) as T
  } catch (cause) {
    throw new ConfigError(
      `The package "${name}" is installed but does not load: ${(cause as Error).message}`,
      'E_CONFIG',
      {
        cause,
      },
    )
  }
}

/** Throws `MissingDependency` when a package is not installed, without loading it when it is. */
export function needed(name: string, neededBy: string): void {
  try {
    require.resolve(name)
  } catch (cause) {
    throw new MissingDependency(name, neededBy, { cause })
  }
}
