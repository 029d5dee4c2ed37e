import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from './child.ts'

/** A fenced block of a page. */
export interface Block {
  /** The language tag behind the fence. */
  readonly tag: string
  /** The text between the fences, each line ended. */
  readonly text: string
  /** The line of the page on which the text begins, counted from 1. */
  readonly line: number
}

/** Modules to run a page by: their names, and their text. */
export type Modules = Record<string, string>

const FENCE = /^( *)```(.*)$/

/** The fenced blocks of a Markdown text, in order. Throws when one has no end. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: { tag: string; indent: number; line: number; lines: string[] } | undefined
  for (const [i, text] of markdown.split('\n').entries()) {
    const [, indent = '', tag] = FENCE.exec(text) ?? []
    if (open === undefined) {
      if (tag !== undefined) open = { tag: tag.trim(), indent: indent.length, line: i + 2, lines: [] }
    } else if (tag === '') {
      blocks.push({ tag: open.tag, line: open.line, text: open.lines.map((line) => `${line}\n`).join('') })
      open = undefined
    } else {
      open.lines.push(text.slice(open.indent))
    }
  }
  if (open !== undefined) throw new Error(`The block that begins at line ${open.line} has no end.`)
  return blocks
}

const FILE_NAME = /^\/\/ ([\w-]+(?:\.spec)?\.ts)\n/
const RESULT = /^(\s*)(?:(?:const|let) (\w+)[^=]*= )?(.+?)\s+\/\/ => (.+)$/

/**
 * The modules of a page: one of its name for the program that its blocks are together, and one for each block that is a file.
 * Every line keeps its number, so that what the compiler and stack traces say of them holds for the page. Throws when a
 * comment tells a result where it cannot be checked: in a file, or behind what is no expression of one line.
 */
export function modulesOf(page: string, markdown: string): Modules {
  const main = basename(page, '.md')
  const program = new Program(CHECKS)
  const modules: Modules = {}
  for (const { tag, text, line } of blocksOf(markdown)) {
    if (tag !== 'ts') continue
    const name = FILE_NAME.exec(text)?.[1]
    if (name === undefined) program.add(text, line)
    else modules[name] = '\n'.repeat(line - 1) + text
  }
  modules[`${main}.ts`] = program.text
  for (const [name, text] of Object.entries(modules)) {
    const line = text.split('\n').findIndex((line) => line.includes('// =>'))
    if (line !== -1) throw new Error(`The result in line ${line + 1} of ${page}, in ${name}, would not be checked.`)
  }
  return modules
}

/** The first line of a program, in place of the page's title: it checks the results in comments. */
const CHECKS = "import { check as $check, checkThrown as $thrown } from './check.ts'"

const CHECK_MODULE = `
  import assert from 'node:assert/strict'

  export function check(actual: unknown, expected: unknown): void {
    assert.deepEqual(actual, expected)
  }

  export async function checkThrown(action: () => unknown, expected: string): Promise<void> {
    let told = 'nothing'
    try {
      await action()
    } catch (error) {
      told = error instanceof Error ? error.name + ': ' + error.message : String(error)
    }
    assert.ok(told.startsWith(expected), 'expected ' + expected + ' to be thrown, not ' + told)
  }
`

/** Text that grows block by block, each at the line that it has in its page. */
class Program {
  #lines: string[]
  readonly #imported = new Set<string>()

  constructor(first: string) {
    this.#lines = [first]
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`
  }

  add(text: string, line: number): void {
    while (this.#lines.length < line - 1) this.#lines.push('')
    this.#lines.push(...this.#withoutRepeated(text).trimEnd().split('\n').map(checked))
  }

  // Blocks may repeat the imports that they need; a module has each name once.
  #withoutRepeated(text: string): string {
    return text.replace(/^import (type )?\{([^}]*)\} from ('[^']+')/gm, (statement, type = '', names, from) => {
      const fresh = (names as string)
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !this.#imported.has(name))
      for (const name of fresh) this.#imported.add(name)
      const rest = '\n'.repeat(statement.split('\n').length - 1)
      return fresh.length === 0 ? rest : `import ${type}{ ${fresh.join(', ')} } from ${from}${rest}`
    })
  }
}

/** A line of which a comment tells the result, as a line that checks it. */
function checked(line: string): string {
  const [, indent, variable, expression, result] = RESULT.exec(line) ?? []
  if (expression === undefined) return line
  if (result!.startsWith('throws ')) {
    return `${indent}await $thrown(async () => ${expression}, ${JSON.stringify(result!.slice('throws '.length))})`
  }
  if (variable === undefined) return `${indent}$check(${expression}, ${result})`
  return `${line.slice(0, line.lastIndexOf('// =>'))}; $check(${variable}, ${result})`
}

/**
 * Writes modules into a folder in which `polycache` is installed as in any project, but from its sources, with the packages
 * that it may use, and a `tsconfig.json` by which `tsc` checks them.
 */
export function project(folder: string, modules: Modules): void {
  for (const [name, text] of Object.entries({ ...modules, 'check.ts': CHECK_MODULE })) {
    writeFileSync(join(folder, name), text)
  }
  // What a block only shows is used by nobody.
  const compilerOptions = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    rootDir: '/',
    typeRoots: [join(root, 'node_modules/@types')],
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }),
  )
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  install(folder)
}

/** Puts the package with its real `exports`, turned to the sources, and its optional packages into `node_modules`. */
function install(folder: string): void {
  const manifest = readFileSync(join(root, 'package.json'), 'utf8')
  const place = join(folder, 'node_modules/polycache')
  mkdirSync(place, { recursive: true })
  writeFileSync(
    join(place, 'package.json'),
    manifest.replaceAll('./dist/', './').replaceAll(/(\.d)?\.(ts|js)"/g, '.ts"'),
  )
  for (const source of ['lib', 'adapters']) symlinkSync(join(root, source), join(place, source))

  const { peerDependencies } = JSON.parse(manifest) as { peerDependencies: object }
  for (const name of [...Object.keys(peerDependencies), 'tsx', 'typescript']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
}
