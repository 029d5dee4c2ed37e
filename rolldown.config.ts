import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'rolldown'
import { minifySync, parseSync } from 'rolldown/utils'

/**
 * Builds the package for ES modules into `dist` and for CommonJS into `dist/cjs`; the compiler adds the declarations.
 *
 * Both have a file for every entry, and their common code in few files below `lib/chunks`: importing 170 modules takes five
 * times as long. Comments and the names of local variables are left out; lines, functions and
 * classes stay, for stack traces.
 */

const root = fileURLToPath(new URL('.', import.meta.url))
const sources = ['lib', 'adapters'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
)

/** The public modules, and those that a worker thread loads. */
const ENTRY =
  /^(lib\/index|lib\/(memo|wrappers|coder|testing)\/index|lib\/wrappers\/(?!base)[^/]+\/index|lib\/interop\/(?!from-)[^/]+|lib\/predecessors\/[^/]+\/index|adapters\/(?!shared)[^/]+\/index|adapters\/(redis|memcached|mongo)\/store|adapters\/bridge\/worker\/main)\.ts$/

const entries = sources.filter((file) => ENTRY.test(file)).map((file) => file.replace(/\.ts$/, ''))

/** The files for common code. The first has what importing the package itself needs. */
const GROUPS = [
  {
    name: 'core',
    test: /\/lib\/(?!memo|predecessors|interop|testing|wrappers\/(?!base\/))|\/adapters\/(?!bridge\/worker\/)|^\0node:/,
    priority: 3,
  },
  { name: 'wrappers', test: /\/lib\/wrappers\//, priority: 2 },
  { name: 'memo', test: /\/lib\/(memo|predecessors)\//, priority: 1 },
]

/** The names that the sources import from each module of Node, and the modules that they import as a whole. */
const imported = new Map<string, Set<string>>()
const whole = new Set<string>()
const defaults = new Set<string>()
for (const file of sources.filter((name) => name.endsWith('.ts'))) {
  const text = readFileSync(join(root, file), 'utf8')
  for (const [, names, module] of text.matchAll(/^import \{([^}]*)\} from '(node:[^']+)'/gm)) {
    const values = names!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
    const known = imported.get(module!) ?? new Set()
    imported.set(module!, known)
    for (const name of values) known.add(name.split(' as ')[0]!)
  }
  for (const [, module] of text.matchAll(/^import \w+(?:, \{[^}]*\})? from '(node:[^']+)'/gm)) defaults.add(module!)
  for (const [, module] of text.matchAll(/^import \* as \w+ from '(node:[^']+)'/gm)) whole.add(module!)
}

/**
 * Loads the modules of Node at their first use. To import `crypto`, `net`, `tls` and the others takes as long as to import
 * this package, and a program that keeps its cache in memory needs none of them.
 */
const lazyNode: Plugin = {
  name: 'lazy-node',
  resolveId: (id) => (isBuiltin(id) && !whole.has(id) ? `\0${id}.js` : undefined),
  load(id) {
    if (!id.startsWith('\0node:')) return undefined
    const module = id.slice(1, -'.js'.length)
    const exports = process.getBuiltinModule(module) as unknown as Record<string, unknown>
    const forwards = [...(imported.get(module) ?? [])].map((name) => forward(name, exports[name]))
    return [
      'let loaded',
      `const load = () => (loaded ??= process.getBuiltinModule(${JSON.stringify(module)}))`,
      ...(defaults.has(module) ? WHOLE : []),
      ...forwards,
    ].join('\n')
  },
}

const WHOLE = [
  'const whole = new Proxy(() => {}, { get: (_, name) => load()[name], apply: (_, self, args) => load()(...args) })',
  'export default whole',
]

/** An export that stands for one of a module that is not loaded yet. */
function forward(name: string, value: unknown): string {
  if (typeof value === 'function' && /^[A-Z]/.test(name)) {
    return `export function ${name}(...args) { const { ${name}: Class } = load(); return new Class(...args) }`
  }
  if (typeof value === 'function') return `export function ${name}(...args) { return load().${name}(...args) }`
  if (name === 'performance') return 'export const performance = { now: () => load().performance.now() }'
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => typeof member === 'function')
    const forwards = members.map(([member]) => `${member}: (...args) => load().${name}.${member}(...args)`)
    if (forwards.length > 0) return `export const ${name} = { ${forwards.join(', ')} }`
    return `export const ${name} = new Proxy({}, { get: (_, key) => load().${name}[key] })`
  }
  throw new Error(`Import the default export of its module to use ${name}: it is no function or object.`)
}

/** Shortens the names of local variables, and writes text in ASCII, which V8 keeps in half the space. */
const compact: Plugin = {
  name: 'compact',
  generateBundle(options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') continue
      const { code, errors } = minifySync(file.fileName, file.code, MINIFY)
      if (errors.length > 0) throw errors[0]
      // Rolldown leaves a chunk without code for helpers that are not used.
      const text = code.replace(/^import "[^"]*rolldown-runtime.js";\n/m, '')
      file.code = options.format === 'es' ? droppable(text) : text
      if (/^import "[^"]*";\s*(export \{\};)?\s*$/.test(text)) delete bundle[file.fileName]
    }
  },
}

const MINIFY = {
  compress: false,
  mangle: { toplevel: false },
  codegen: { removeWhitespace: false, asciiOnly: true },
} as const

/**
 * Marks every value that a module computes when it is loaded as one that may be dropped if nobody uses it. That is what
 * `sideEffects: false` says of a module, and bundlers have to see it within a file, too: else a program that keeps its cache
 * in memory would contain all backends.
 */
function droppable(code: string): string {
  const values = parseSync('chunk.js', code).program.body.flatMap((statement) =>
    statement.type === 'VariableDeclaration' ? statement.declarations : [],
  )
  let text = code
  for (const { id, init } of values.reverse()) {
    if (init === null || id.type !== 'Identifier' || PLAIN.has(init.type)) continue
    text = `${text.slice(0, init.start)}/* @__PURE__ */ (() => (${text.slice(init.start, init.end)}))()${text.slice(init.end)}`
  }
  return text
}

/** Values that bundlers drop in any case. */
const PLAIN = new Set(['Literal', 'Identifier', 'ArrowFunctionExpression', 'FunctionExpression', 'ClassExpression'])

const output = {
  entryFileNames: '[name].js',
  chunkFileNames: 'lib/chunks/[name].js',
  comments: { annotation: true, jsdoc: false, legal: false },
  polyfillRequire: false,
  codeSplitting: { groups: GROUPS },
} as const

export default defineConfig({
  input: Object.fromEntries(entries.map((entry) => [entry, join(root, `${entry}.ts`)])),
  platform: 'node',
  // All of it is reachable. What bundlers of programs may drop is marked as pure, and must not be dropped here.
  treeshake: false,
  external: (id) => whole.has(id) || (!isBuiltin(id) && /^[^./\0]/.test(id)),
  plugins: [lazyNode, compact],
  output: [
    { ...output, dir: 'dist', format: 'esm' },
    { ...output, dir: 'dist/cjs', format: 'cjs', exports: 'named' },
  ],
})
