import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { layers } from '../../scripts/layers.ts'
import { codeOf, importsOf, sourcesIn, textOf } from '../../scripts/sources.ts'

/**
 * The folders, from the ground up: a file imports from its own folder and from those above it in this list. Entry files
 * (`index.ts` of an entry of the package) may re-export from anywhere.
 */
const FOLDERS = [
  'lib/core',
  'lib/entry',
  'lib/coder',
  'lib/key-text',
  'lib/single-flight',
  'lib/verbs',
  'lib/adapter',
  'lib/wrappers',
  'adapters/shared',
  'adapters/bridge',
  'adapters',
  'lib/global',
  'lib/memo',
  'lib/interop',
  'lib/testing',
  'lib',
  'lib/predecessors',
]

/** The entries of the package in `lib`. */
const ENTRIES = [
  'lib/index.ts',
  'lib/memo/index.ts',
  'lib/wrappers/index.ts',
  'lib/coder/index.ts',
  'lib/testing/index.ts',
]

/** The one file of `lib` that imports adapters, beside the re-exports of the index. */
const IMPORTS_ADAPTERS = ['lib/global/builtin-adapters.ts', 'lib/index.ts']

/** The packages that users install only if they need them. Each is named in one file, and imported for its types only. */
const CLIENTS = ['ioredis', 'memcached', 'mongodb', 'better-sqlite3', 'sqlite', 'sqlite3', 'msgpackr']

/** What no file of the library does, with the files that are there to do it. */
const FORBIDDEN: readonly { does: string; code: RegExp; except: readonly string[] }[] = [
  { does: 'reads the time', code: /\bDate\.now\b|\bnew Date\(\)/, except: ['lib/entry/clock.ts', 'lib/testing/'] },
  { does: 'writes to the console', code: /\bconsole\s*\./, except: [] },
  { does: 'guesses the mode from an iterator', code: /Symbol\.asyncIterator in\b/, except: [] },
]

/** The one cast past `protected`. */
const CASTS = 'lib/verbs/cache-core.ts'

const LONGEST = 320

/** One idea each, and longer: the contract, and the verbs that users call. */
const LONG = ['lib/core/types.ts', 'lib/adapter/cache-adapter.ts']

const library = sourcesIn('lib', 'adapters')
const imports = library.flatMap(importsOf)
const within = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ from, specifier }) => ({ from, to: join(dirname(from), specifier) }))

describe('The architecture', () => {
  it('is the one in the drawing (npm run layers)', async () => {
    expect(textOf('docs/plots/layers.svg')).to.equal(await layers())
  })

  it('has a known folder for every file', () => {
    expect(library.length).to.be.above(20)
    expect(library.filter((file) => rankOf(file) === -1)).to.deep.equal([])
  })

  it('imports only from the same folder or those above it', () => {
    expect(within.length).to.be.above(20)
    const upward = within.filter(({ from, to }) => !ENTRIES.includes(from) && rankOf(to) > rankOf(from))
    expect(upward.map(({ from, to }) => `${from} -> ${to}`)).to.deep.equal([])
  })

  it('imports adapters into lib in one file', () => {
    const files = within.filter(({ from, to }) => from.startsWith('lib/') && to.startsWith('adapters/'))
    expect(files.filter(({ from }) => !IMPORTS_ADAPTERS.includes(from))).to.deep.equal([])
  })

  it('imports no adapter into another', () => {
    const adapterOf = (file: string) => /^adapters\/([^/]+)\//.exec(file)?.[1]
    const crossing = within.filter(({ from, to }) => {
      const adapter = adapterOf(to)
      return (
        adapterOf(from) !== undefined &&
        adapterOf(from) !== adapter &&
        !['shared', 'bridge'].includes(adapter!) &&
        to.startsWith('adapters/')
      )
    })
    expect(crossing.map(({ from, to }) => `${from} -> ${to}`)).to.deep.equal([])
  })

  it('has no cycles', () => {
    expect(cycles().map((files) => files.join(' -> '))).to.deep.equal([])
  })

  it('stays within lib and adapters', () => {
    const outside = within.filter(({ to }) => !library.includes(to))
    expect(outside.map(({ from, to }) => `${from} -> ${to}`)).to.deep.equal([])
  })

  it('imports packages for their types only', () => {
    const packages = imports.filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    const loaded = packages.filter(({ isType, specifier }) => !isType || !CLIENTS.includes(specifier))
    expect(loaded.map(({ from, specifier }) => `${from} -> ${specifier}`)).to.deep.equal([])
  })

  for (const client of CLIENTS) {
    it(`names ${client} in one file, an adapter or a coder`, () => {
      const files = library.filter((file) => names(file, client))
      expect(files.length, files.join(', ')).to.be.below(2)
      expect(files.filter((file) => !/^(adapters|lib\/coder)\//.test(file))).to.deep.equal([])
    })
  }

  for (const { does, code, except } of FORBIDDEN) {
    it(`${does} ${except.length === 0 ? 'nowhere' : `in ${except.join(', ')} only`}`, () => {
      const files = library.filter((file) => code.test(codeOf(file)))
      expect(files.filter((file) => !except.some((place) => file.startsWith(place)))).to.deep.equal([])
    })
  }

  it('has no module that is a thenable, which could not be the result of an import()', () => {
    const thenables = library.filter((file) =>
      /\bexport\s+(?:async\s+)?(?:function\*?|const|let|class)\s+then\b|\bexport\s*\{[^}]*\bthen\s*[,}]/.test(
        codeOf(file),
      ),
    )
    expect(thenables).to.deep.equal([])
  })

  it(`reaches past protected members in ${CASTS} only`, () => {
    const casts = library.filter((file) => /\bas unknown as CacheCore\b/.test(codeOf(file)))
    expect(casts).to.deep.equal([CASTS])
  })

  it(`has no file of more than ${LONGEST} lines`, () => {
    const all = [...library, ...sourcesIn('spec', 'bench', 'examples')].filter((file) => !LONG.includes(file))
    expect(all.filter((file) => textOf(file).trimEnd().split('\n').length > LONGEST)).to.deep.equal([])
  })
})

/** The place of a file's folder in the list; -1 if it has none. */
function rankOf(file: string): number {
  const fitting = FOLDERS.filter((folder) => file.startsWith(`${folder}/`))
  const longest = fitting.sort((a, b) => b.length - a.length)[0]
  return longest === undefined ? -1 : FOLDERS.indexOf(longest)
}

/** Chains of imports that end where they begin. */
function cycles(): string[][] {
  const found: string[][] = []
  const done = new Set<string>()
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) return void found.push([...path.slice(path.indexOf(file)), file])
    if (done.has(file)) return
    for (const { from, to } of within) if (from === file) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of library) visit(file, [])
  return found
}

/** Whether a file imports a package, or asks for it by name. */
function names(file: string, name: string): boolean {
  const asked = new RegExp(`\\b(?:optional|needed|require|resolve|import)\\s*(?:<[^(]*>)?\\(\\s*['"\`]${name}['"\`]`)
  return asked.test(codeOf(file)) || importsOf(file).some(({ specifier }) => specifier === name)
}
