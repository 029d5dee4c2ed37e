import threads, { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { StoreContext } from '../../../lib/adapter/byte-store.ts'
import { asBuffers, outgoing } from '../bytes.ts'
import { watch } from '../caller-spin.ts'
import { pack, packFacts } from '../errors.ts'
import * as protocol from '../protocol.ts'
import { type Boot, CARRIERS, type Request } from '../protocol.ts'
import { makeStore } from './make-store.ts'
import { type StoreVerbs, storeVerbs } from './store-verbs.ts'
import { SPIN_MS, WorkerSpin } from './worker-spin.ts'

/** The worker: it creates the store, and answers requests until it is terminated. */
const { target, port, words } = threads.workerData as Boot
const spin = new WorkerSpin()

function reply(id: number, worked: boolean, content: unknown): void {
  const moved: ArrayBuffer[] = []
  port.postMessage([id, worked, outgoing(content, moved)], moved)
  wake()
}

// After the message, so that whoever wakes up finds it.
function wake(): void {
  Atomics.add(words, protocol.REPLIED, 1)
  Atomics.notify(words, protocol.REPLIED)
}

// A crash is reported from here, because the waiting caller runs no event loop that could receive it.
process.on('uncaughtExceptionMonitor', (error) => port.postMessage([protocol.CRASH, false, pack(error)]))
process.on('exit', () => {
  Atomics.store(words, protocol.ENDED, 1)
  wake()
})

const context: StoreContext = {
  adapter: target.adapter,
  emit: (event, key, facts) => port.postMessage([event, key, packFacts(facts)]),
}

async function serve(port: MessagePort): Promise<void> {
  const { store, capabilities } = await makeStore(target, context)
  const verbs = storeVerbs(store)
  port.on('message', (request: Request) => void answer(verbs, request))
  reply(protocol.START, true, {
    capabilities,
    verbs: protocol.OPTIONAL_VERBS.filter((verb) => verbs[verb] !== undefined),
  })
}

async function answer(verbs: StoreVerbs, [id, verb, args]: Request): Promise<void> {
  Atomics.store(words, protocol.PICKED, id)
  const asked = Atomics.load(words, protocol.ASKED)
  try {
    const call = verbs[verb] as (...args: readonly unknown[]) => unknown
    reply(id, true, await call(...(CARRIERS.has(verb) ? asBuffers(args) : args)))
  } catch (error) {
    reply(id, false, pack(error))
  }
  if (spin.isWorth(Atomics.load(words, protocol.SPINNING) === 1)) spin.ended(next(verbs, asked))
}

/** Waits for the next request without giving the core away, so that it need not be woken. Returns whether one came. */
function next(verbs: StoreVerbs, asked: number): boolean {
  const request = watch(words, protocol.ASKED, asked, SPIN_MS) ? receiveMessageOnPort(port) : undefined
  if (request === undefined) return false
  void answer(verbs, request.message as Request)
  return true
}

serve(port).catch((error) => reply(protocol.START, false, pack(error)))
