import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { VARIABLES } from '../../lib/entry/settings.ts'
import { type Block, blocksOf, modulesOf, project } from '../support/blocks.ts'
import { root } from '../support/child.ts'
import { tempFolder } from '../support/run-folder.ts'
import { memcached, type PrivateServer, redis } from '../support/servers.ts'

/**
 * The documentation is executed. The `ts` blocks of a page are one program, from top to bottom, in a process of its own in
 * which `polycache` is the sources; what a block imports, later ones need not import again. Results stand in comments:
 *
 *     cached.get('hello')          // => 'world'                an expression that the line must equal, deeply
 *     const n = cached.get('n')    // => 1                      the same for what the variable is then
 *     cached.getOrFail('nobody')   // => throws CacheNotFound   how `name: message` of what is thrown must begin
 *
 * Other comments are for the reader only. A block that begins with a file name (`// my-cache.ts`) is a module of that name,
 * which later blocks import; a `.spec.ts` among them is run by mocha. All is compiled strictly too, so that
 * `// @ts-expect-error` means what it says. Blocks that are no program have the tag sh, json, env or text, and what can be
 * checked in them is.
 */
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'))
    .filter(isExecuted)
    .map((name) => `docs/${name}`),
]

const TAGS = ['ts', 'sh', 'json', 'env', 'text']
const LIMIT = 60_000
const TSC = join(root, 'node_modules/typescript/bin/tsc')
const MOCHA = join(root, 'node_modules/mocha/bin/_mocha')

function isExecuted(name: string): boolean {
  return name.endsWith('.md') && name !== 'decisions.md'
}

for (const page of pages) {
  describe(page, function () {
    this.timeout(LIMIT)

    const markdown = readFileSync(join(root, page), 'utf8')
    const blocks = blocksOf(markdown)
    const modules = modulesOf(page, markdown)
    const main = basename(page, '.md')

    it('has blocks with known tags only', () => {
      const unknown = blocks.filter(({ tag }) => !TAGS.includes(tag))
      expect(unknown.map(({ tag, line }) => `${tag || 'no tag'} at line ${line}`)).to.deep.equal([])
    })

    it('has links that lead somewhere', () => {
      expect(brokenLinks(page, markdown)).to.deep.equal([])
    })

    it('has commands, settings and data that are right', () => {
      expect(blocks.flatMap(mistakes)).to.deep.equal([])
    })

    if (!blocks.some(({ tag }) => tag === 'ts')) return

    it('compiles', async () => {
      const folder = tempFolder('page')
      project(folder, modules)
      expect(await failureOf([TSC, '-p', '.'], folder)).to.equal('')
    })

    it('does what it says', async () => {
      const folder = tempFolder('page')
      project(folder, modules)
      const program = blocks.map(({ text }) => text).join('')
      const servers = await serversOf(program)
      try {
        expect(await failureOf(['--import', 'tsx', `${main}.ts`], folder, environment(servers))).to.equal('')
      } finally {
        for (const server of Object.values(servers)) await server.close()
      }
    })

    for (const spec of Object.keys(modules).filter((name) => name.endsWith('.spec.ts'))) {
      it(`has a ${spec} that passes`, async () => {
        const folder = tempFolder('page')
        project(folder, modules)
        expect(
          await failureOf(['--import', 'tsx', MOCHA, '--no-config', '--timeout=10000', '--reporter=dot', spec], folder),
        ).to.equal('')
      })
    }
  })
}

describe('.env.example', () => {
  it('has every variable', () => {
    const example = readFileSync(join(root, '.env.example'), 'utf8')
    const names = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name)
    expect(names.sort()).to.deep.equal(Object.values(VARIABLES).sort())
  })
})

interface Servers {
  redis?: PrivateServer
  memcached?: PrivateServer
}

/** Servers for a program that names them, of its own, so that it finds only its own keys. */
async function serversOf(program: string): Promise<Servers> {
  const servers: Servers = {}
  if (/redis/i.test(program)) servers.redis = await redis({})
  if (/memcached/i.test(program)) servers.memcached = await memcached({})
  return servers
}

/** An environment in which only the servers are configured. */
function environment({ redis, memcached }: Servers): NodeJS.ProcessEnv {
  const unset = Object.fromEntries(Object.values(VARIABLES).map((name) => [name, undefined]))
  return {
    ...unset,
    REDIS_URL: redis?.url,
    MEMCACHED_SERVERS: memcached && `${memcached.host}:${memcached.port}`,
  }
}

/** What node says when what it runs fails; nothing when it succeeds. */
async function failureOf(args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    await promisify(execFile)(process.execPath, args, { cwd, env: { ...process.env, ...env }, timeout: LIMIT })
    return ''
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout: string; stderr: string; message: string }
    return stdout + stderr || message
  }
}

/** Links to files that are not there, or to headings that their pages do not have. */
function brokenLinks(page: string, markdown: string): string[] {
  const links = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false
    const [path, heading] = link.split('#') as [string, string?]
    const file = path === '' ? join(root, page) : join(root, dirname(page), path)
    return !existsSync(file) || (heading !== undefined && !headingsOf(readFileSync(file, 'utf8')).includes(heading))
  })
}

/** The headings of a page, as links name them. */
function headingsOf(markdown: string): string[] {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase())
  return headings.map((heading) => heading.replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-'))
}

function mistakes({ tag, text, line }: Block): string[] {
  const wrong = CHECKS[tag]?.(text) ?? []
  return wrong.map((mistake) => `${mistake} in the block at line ${line}`)
}

/** What can be wrong in blocks that are not executed, by tag. */
const CHECKS: Record<string, (text: string) => string[]> = {
  json(text) {
    JSON.parse(text)
    return []
  },

  sh(text) {
    const { name, scripts, peerDependencies, devDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    )
    const packages = [name, ...Object.keys({ ...peerDependencies, ...devDependencies })]
    const ran = [...text.matchAll(/\bnpm (?:run )?(?!install|ci\b|run )([\w:]+)/g)].map(([, script]) => script!)
    const installed = [...text.matchAll(/\bnpm install ([^#\n]+)/g)].flatMap(([, names]) => names!.trim().split(/\s+/))
    return [
      ...ran.filter((script) => !(script in scripts)).map((script) => `no script ${script}`),
      ...installed.filter((word) => !word.startsWith('-') && !packages.includes(word.replace(/(?<=.)@[^/]+$/, ''))),
    ]
  },

  env(text) {
    const example = readFileSync(join(root, '.env.example'), 'utf8')
    const names = [...text.matchAll(/^#? ?([A-Z_]+)=/gm)].map(([, variable]) => variable!)
    return names.filter((variable) => !example.includes(`${variable}=`)).map((variable) => `no variable ${variable}`)
  },
}
