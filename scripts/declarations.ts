import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Completes what rolldown and the compiler have written into `dist`: removes the declarations that no public module reaches,
 * and the comments of those that users do not see; makes the others compile with TypeScript 5.2 and without packages that
 * the user does not have; and copies them for CommonJS, where the compiler takes them for modules of that kind.
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
  const text = readFileSync(join(dist, file), 'utf8')
  writeFileSync(join(dist, file), portable(DOCUMENTED.test(file) ? text : text.replace(COMMENT, '')))
  mkdirSync(dirname(join(dist, 'cjs', file)), { recursive: true })
  cpSync(join(dist, file), join(dist, 'cjs', file))
}
writeFileSync(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n')

/** A declaration for any compiler since 5.2, in a project that may lack the packages whose types it names. */
function portable(text: string): string {
  return (
    text
      // Before 5.7 these were not generic.
      .replace(/\b(\w+Array|Buffer)<ArrayBuffer(?:Like)?>/g, '$1')
      .replace(
        /^(?:import|export) type .* from '(?!\.|node:)[^']+';$/gm,
        '// @ts-ignore The package is optional: without it, its types are any.\n$&',
      )
  )
}

/** Follows the imports of a declaration. */
function reach(file: string): void {
  if (reached.has(file)) return
  reached.add(file)
  const text = readFileSync(join(dist, file), 'utf8')
  for (const [, specifier] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g)) {
    reach(normalize(join(dirname(file), specifier!)).replace(/\.(js|ts)$/, '.d.ts'))
  }
}
