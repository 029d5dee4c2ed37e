import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type MessagePort, Worker } from 'node:worker_threads'
import { ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import { ownFile } from '../../../lib/core/own-file.ts'
import type { Boot, Target } from '../protocol.ts'

/**
 * The first code of the worker, as text: it is plain JavaScript where the rest has to be compiled first, and works as
 * a module and as a script alike. Its errors become the reply to the start, in the form of `pack`, which is not loaded yet.
 */
const BEGINNING = `
  const { workerData: { port, words, loaders, main } } = process.getBuiltinModule('node:worker_threads')
  const begin = async () => {
    for (const loader of loaders) (await import(loader)).register()
    await import(main)
  }
  begin().catch((error) => {
    const { name, message, stack } = error
    port.postMessage([0, false, { error: { lineage: [], name, message, stack, fields: {} } }])
    Atomics.add(words, 0, 1)
    Atomics.notify(words, 0)
  })
`

/** Starts the thread of a worker. It does not keep the process alive. */
export function launch(target: Target, port: MessagePort, words: Int32Array): Worker {
  checkWorkingDirectory(target)
  const main = ownFile('adapters/bridge/worker/main', target.adapter).href
  const loaders = [main, target.module].some(isTypeScript) ? typeScriptLoaders(target.module) : []
  const workerData: Boot = { target, port, words, loaders, main }
  const worker = new Worker(BEGINNING, {
    eval: true,
    name: `polycache ${target.adapter}`,
    workerData,
    transferList: [port],
  })
  worker.unref()
  return worker
}

/** Throws if the working directory has been deleted: Node's threads die there at their start, without a word to the caller. */
function checkWorkingDirectory({ adapter }: Target): void {
  try {
    process.cwd()
  } catch (cause) {
    const message = `The worker thread of ${adapter} cannot start, because the working directory of the process has been deleted. Change to one that exists: process.chdir('/').`
    throw new ConnectionFailed(message, { adapter, cause })
  }
}

function isTypeScript(url: string): boolean {
  return /\.[cm]?tsx?$/.test(new URL(url).pathname)
}

/**
 * The modules of tsx that make a thread load TypeScript: tsx does not reach worker threads by itself. They are needed where
 * Node does not load TypeScript, and where the application runs under tsx, which takes more of it than Node does.
 */
function typeScriptLoaders(module: string): string[] {
  const isEnough = Boolean((process.features as { typescript?: unknown }).typescript)
  const flags = process.execArgv.map((flag) => flag.slice(flag.indexOf('=') + 1)).filter((flag) => TSX.test(flag))
  if (isEnough && flags.length === 0) return []

  const bases = [module, ...flags.filter((flag) => PATH.test(flag)), process.argv[1], join(process.cwd(), 'x')]
  for (const base of [...bases, import.meta.url]) {
    const resolve = resolver(base)
    if (resolve?.('tsx/esm/api') === undefined) continue
    // Its files for `import` stand beside those for `require`, and only they find their own parts.
    return ['tsx/cjs/api', 'tsx/esm/api'].map((api) => pathToFileURL(resolve(api)!.replace(/\.cjs$/, '.mjs')).href)
  }
  if (isEnough) return []
  throw new ConfigError(
    `The module ${module} is TypeScript, which a worker thread of Node ${process.versions.node} loads with the help of tsx only. ` +
      'Give the bridge the built JavaScript, or install tsx: npm install --save-dev tsx',
  )
}

const TSX = /(?:^|[/\\])tsx(?:$|[/\\])/
const PATH = /^(?:file:|[/\\]|\w:)/

/** Finds packages as a module at that place would, or nothing. */
function resolver(base: string | undefined): ((name: string) => string | undefined) | undefined {
  if (base === undefined || base === '' || base.startsWith('data:')) return undefined
  const require = createRequire(base.startsWith('file:') ? base : pathToFileURL(base))
  return (name) => {
    try {
      return require.resolve(name)
    } catch {
      return undefined
    }
  }
}
