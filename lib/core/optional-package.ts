import { ConfigError, MissingDependency } from './errors.ts'

/**
 * Packages that users install only if they need them. They are loaded at first use, and looked up when the program runs: from
 * this module, and because a bundler may have moved it, from the program and the working directory too.
 */

/** Loads an optional package. Throws `MissingDependency`, which says how to install it. */
export function optional<T>(name: string, neededBy: string): T {
  const require = needed(name, neededBy)
  try {
    return require(name) as T
  } catch (cause) {
    const { message } = cause as Error
    throw new ConfigError(`The package "${name}" is installed but does not load: ${message}`, 'E_CONFIG', { cause })
  }
}

/** Throws `MissingDependency` if a package is not installed, and does not load it. Returns the `require` that finds it. */
export function needed(name: string, neededBy: string): NodeJS.Require {
  const require = requireOf(name)
  if (require === undefined) throw new MissingDependency(name, neededBy)
  return require
}

/** The file of a package or of a module in it, or `undefined`. */
export function locate(name: string): string | undefined {
  return requireOf(name)?.resolve(name)
}

function requireOf(name: string): NodeJS.Require | undefined {
  const { createRequire } = process.getBuiltinModule('node:module')
  // A bundle of CommonJS has no `import.meta.url`.
  const here: string | undefined = import.meta.url
  for (const base of [() => here, () => process.argv[1], () => `${process.cwd()}/x`]) {
    try {
      const require = createRequire(base()!)
      require.resolve(name)
      return require
    } catch {
      // Not installed there, or no place at all.
    }
  }
  return undefined
}
