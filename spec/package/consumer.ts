import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../support/child.ts'
import { tempFolder } from '../support/run-folder.ts'

/** The environment of npm outside this project: under `npm test` it holds settings that are not the consumer's. */
const OUTSIDE = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith('npm_'))
    .map((name) => [name, undefined]),
)

/** A project that has installed the package as npm would publish it, somewhere else on the disk. */
export class Consumer {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** A project without any package. */
  static empty(): Consumer {
    const consumer = new Consumer(tempFolder('consumer'))
    consumer.write('package.json', JSON.stringify({ name: 'consumer', version: '1.0.0', type: 'module' }))
    return consumer
  }

  /** Installs a tarball in a new project, without a network and without any other package. */
  static async install(tarball: string): Promise<Consumer> {
    const consumer = Consumer.empty()
    await npm(['install', '--offline', '--no-audit', '--no-fund', '--no-package-lock', tarball], consumer.folder)
    return consumer
  }

  /** Writes a file of the project, and gives its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  /** Makes a package of ours one of the project, as if it were installed there. */
  link(name: string): void {
    const place = join(this.folder, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), place)
  }

  /** Installs packages from the registry. Returns whether that worked: without a network it does not. */
  async add(...packages: string[]): Promise<boolean> {
    const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--fetch-retries=0']
    const { failed } = await command('npm', ['install', ...flags, ...packages], this.folder, OUTSIDE)
    return !failed
  }

  /** Runs a module of the project; what it prints, errors and warnings with it. */
  async run(name: string, text: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    this.write(name, text)
    return this.runFile(name, env)
  }

  /** Runs a file of the project. */
  async runFile(name: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    return output(process.execPath, [join(this.folder, name)], this.folder, env)
  }

  /** The text of a file of the project. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }

  /**
   * Compiles files of the project as `nodenext`, into `out`, and returns the errors. Without `skipLibCheck` it checks all the
   * declarations that we publish, too.
   */
  async compile(files: Record<string, string>, skipLibCheck = true, compiler = root): Promise<string> {
    const paths = Object.entries(files).map(([name, text]) => this.write(name, text))
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      skipLibCheck,
      rootDir: '.',
      outDir: 'out',
    }
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, files: paths }))
    return output(process.execPath, [join(compiler, 'node_modules/typescript/bin/tsc'), '-p', '.'], this.folder)
  }
}

/** Packs the package as it would be published, built anew; the path of the tarball. */
export async function pack(): Promise<string> {
  const folder = tempFolder('pack')
  const told = await npm(['pack', '--silent', '--pack-destination', folder], root)
  return join(folder, told.trim().split('\n').at(-1)!)
}

/** The paths of the files in a tarball. */
export async function filesOf(tarball: string): Promise<string[]> {
  const listed = await output('tar', ['-tzf', tarball], root)
  return listed
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
}

async function npm(args: string[], cwd: string): Promise<string> {
  const { failed, text, stdout } = await command('npm', args, cwd, OUTSIDE)
  if (failed) throw new Error(`npm ${args[0]} failed: ${text}`)
  return stdout
}

/** What a command prints, whether it fails or not: a spec says what it ought to print. */
async function output(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  return (await command(program, args, cwd, env)).text
}

interface Outcome {
  readonly failed: boolean
  readonly stdout: string
  /** All that it printed, or else why it did not run. */
  readonly text: string
}

async function command(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: 120_000 }
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, options)
    return { failed: false, stdout, text: stdout + stderr }
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
    return { failed: true, stdout, text: stdout + stderr || message }
  }
}
