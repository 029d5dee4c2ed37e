import { type MessagePort, workerData } from 'node:worker_threads'
import type { StoreContext } from '../../lib/byte-store.ts'
import { asBuffers, outgoing } from './bytes.ts'
import { pack, packFacts } from './errors.ts'
import { type FarVerbs, farVerbs } from './far-verbs.ts'
import { makeStore } from './make-store.ts'
import { type Boot, CARRIERS, CRASH, ENDED, OPTIONAL_VERBS, PICKED, type Request, START, TURN } from './protocol.ts'

/** What runs in the worker: it makes the store, and answers requests until it is terminated. */
const { target, port, words } = workerData as Boot

function reply(id: number, worked: boolean, content: unknown): void {
  const moved: ArrayBuffer[] = []
  port.postMessage([id, worked, outgoing(content, moved)], moved)
  wake()
}

// After the message, so that whoever wakes up finds it.
function wake(): void {
  Atomics.add(words, TURN, 1)
  Atomics.notify(words, TURN)
}

// A crash is told from here, because the caller who waits runs no event loop that could hear of it.
process.on('uncaughtExceptionMonitor', (error) => port.postMessage([CRASH, false, pack(error)]))
process.on('exit', () => {
  Atomics.store(words, ENDED, 1)
  wake()
})

const context: StoreContext = {
  adapter: target.adapter,
  emit: (event, key, facts) => port.postMessage([event, key, packFacts(facts)]),
}

async function serve(port: MessagePort): Promise<void> {
  const { store, capabilities } = await makeStore(target, context)
  const verbs = farVerbs(store)
  port.on('message', (request: Request) => void answer(verbs, request))
  reply(START, true, { capabilities, verbs: OPTIONAL_VERBS.filter((verb) => verbs[verb] !== undefined) })
}

async function answer(verbs: FarVerbs, [id, verb, args]: Request): Promise<void> {
  Atomics.store(words, PICKED, id)
  try {
    const call = verbs[verb] as (...args: readonly unknown[]) => unknown
    reply(id, true, await call(...(CARRIERS.has(verb) ? asBuffers(args) : args)))
  } catch (error) {
    reply(id, false, pack(error))
  }
}

serve(port).catch((error) => reply(START, false, pack(error)))
