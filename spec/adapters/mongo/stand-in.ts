import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A stand-in server in a process of its own, for the specs of the calling suite. Call it in `describe`. */
export function standIn(): { readonly url: string } {
  const server = { url: '' }
  let child: ChildProcess
  before(async () => {
    const script = fileURLToPath(new URL('./standing.ts', import.meta.url))
    child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [port] = await once(child.stdout!, 'data')
    server.url = `mongodb://127.0.0.1:${String(port).trim()}`
  })
  after(async () => {
    child.stdin!.end()
    await once(child, 'exit')
  })
  return server
}
