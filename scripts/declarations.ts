import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Completes what rolldown and the compiler have written into `dist`: removes the declarations that no public module reaches,
 * and the comments of those that users do not see, and copies them for CommonJS, where the compiler takes them for modules
 * of that kind.
 */

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const isModule = (file: string) => file.endsWith('.js') && !/^cjs|\/chunks\/|\/worker\//.test(file)
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })

/** Declarations of what users name: their comments are shown by editors. */
const DOCUMENTED =
  /^lib\/(index|core\/|adapter\/|global\/)|(^|\/)(index|types|options|decorators|conforms|chaos|clear)\.d\.ts$|^lib\/interop/
const COMMENT = /^[ \t]*\/\*\*[\s\S]*?\*\/\n/gm

const reached = new Set<string>()
for (const file of files.filter(isModule)) reach(file.replace(/\.js$/, '.d.ts'))

for (const file of files.filter((name) => name.endsWith('.d.ts') && !name.startsWith('cjs'))) {
  if (!reached.has(file)) {
    rmSync(join(dist, file))
    continue
  }
  if (!DOCUMENTED.test(file)) {
    writeFileSync(join(dist, file), readFileSync(join(dist, file), 'utf8').replace(COMMENT, ''))
  }
  mkdirSync(dirname(join(dist, 'cjs', file)), { recursive: true })
  cpSync(join(dist, file), join(dist, 'cjs', file))
}
writeFileSync(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n')

/** Follows the imports of a declaration. */
function reach(file: string): void {
  if (reached.has(file)) return
  reached.add(file)
  const text = readFileSync(join(dist, file), 'utf8')
  for (const [, specifier] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g)) {
    reach(normalize(join(dirname(file), specifier!)).replace(/\.(js|ts)$/, '.d.ts'))
  }
}
