import { ConfigError, MissingDependency } from './errors.ts'

/**
 * Packages that users install only if they need them. They are loaded on first use and resolved at run time: from this
 * module, and, because a bundler may have moved it, from the program and the working directory too.
 */

/** Loads an optional package. Throws `MissingDependency`, which explains how to install it. */
export function optional<T>(name: string, neededBy: string): T {
  const require = needed(name, neededBy)
  try {
    return require(name) as T
  } catch (cause) {
    const { message } = cause as Error
    throw new ConfigError(`The package "${name}" is installed but does not load: ${message}`, 'E_CONFIG', { cause })
  }
}

/** Returns a `require` that finds a package, without loading it. Throws `MissingDependency` if it is not installed. */
export function needed(name: string, neededBy: string): NodeJS.Require {
  const require = requireOf(name)
  if (require === undefined) throw new MissingDependency(name, neededBy)
  return require
}

/** Returns the file of a package or of a module in it, or `undefined`. */
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
      // Not installed there, or the base does not exist.
    }
  }
  return undefined
}
