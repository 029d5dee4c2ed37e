import { performance } from 'node:perf_hooks'
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads'
import { CacheTimeout, ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import { outgoing } from '../bytes.ts'
import { type Packed, unpack, unpackFacts } from '../errors.ts'
import type { Description, FarEvent, FromWorker, Reply, Target, Verb } from '../protocol.ts'
import * as protocol from '../protocol.ts'
import { watch } from '../spin.ts'
import { launch } from './launch.ts'

/** How long a worker may take to start and to load its module, in ms. That is not the backend's time. */
const START_LIMIT = 10_000

/** How long a verb that goes over the whole store may take once the worker has begun with it, in ms. */
const SWEEP_LIMIT = 30_000

const isSweep = (verb: Verb): boolean => verb === 'list' || verb === 'wipe'

/**
 * One worker thread, from its start to its end, as its only caller sees it. The caller posts a request with an id and sleeps
 * on a word of shared memory; the worker posts the reply, then changes the word and wakes the caller, who takes what was
 * posted off the port. No wake-up is lost: the word is read before the request is posted, and whoever sees it changed looks
 * for the reply. A reply with another id than the last is the late answer to a question that was given up, and is dropped.
 *
 * A worker that ends changes the word, too; one that is terminated from outside, or runs out of memory, cannot: then the
 * limit ends the wait. The worker never needs the waiting thread, but for its `console`, which appears when that runs again.
 */
export class Thread {
  /** What the store in the worker says about itself. */
  readonly description: Description
  readonly #adapter: string
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * protocol.WORDS))
  readonly #tell: (event: FarEvent) => void
  /** Events that came while the caller waited: told when the answer is there, for a listener may ask something itself. */
  #events: FarEvent[] = []
  #lastId = protocol.START
  #isOver = false
  #crash: unknown

  /** Starts the worker, and waits until its store is made. @param tell takes the events of the store */
  constructor(target: Target, tell: (event: FarEvent) => void) {
    const { port1, port2 } = new MessageChannel()
    this.#adapter = target.adapter
    this.#tell = tell
    this.#port = port1
    this.#worker = launch(target, port2, this.#words)
    // Most errors come through the port, and sooner; one that nobody listens to would be thrown.
    this.#worker.on('error', (error) => {
      this.#crash ??= error
    })
    this.#worker.on('exit', () => this.#ended())
    port1.on('message', (message: FromWorker) => this.#deliver(message))
    port1.unref()
    this.description = this.#begin()
  }

  /** Whether the thread has ended, or was given up. */
  get isOver(): boolean {
    return this.#isOver || Atomics.load(this.#words, protocol.ENDED) === 1
  }

  /**
   * Asks the store something, and waits for the answer. Throws what the store threw, `CacheTimeout`, or `ConnectionFailed`.
   * @param limit how long to wait, in ms
   * @param spin how long to spin before sleeping, in ms
   */
  ask(verb: Verb, args: readonly unknown[], limit: number, spin: number): unknown {
    const turn = Atomics.load(this.#words, protocol.TURN)
    if (this.isOver) throw this.#broken()
    const id = ++this.#lastId
    const moved: ArrayBuffer[] = []
    Atomics.store(this.#words, protocol.SPINNING, spin > 0 ? 1 : 0)
    this.#port.postMessage([id, verb, protocol.CARRIERS.has(verb) ? outgoing(args, moved) : args], moved)
    Atomics.add(this.#words, protocol.ASKED, 1)

    if (spin > 0) watch(this.#words, protocol.TURN, turn, spin)
    let reply = this.#await(id, turn, limit)
    if (reply === undefined && isSweep(verb) && this.#hasBegun(id)) reply = this.#await(id, turn, SWEEP_LIMIT)
    if (reply === undefined) throw this.#late(id, limit)
    if (!reply[1]) throw unpack(reply[2] as Packed, this.ask)
    return reply[2]
  }

  /** Ends the thread, whatever it is doing. */
  end(): void {
    this.#isOver = true
    this.#port.close()
    void this.#worker.terminate()
    // Terminating makes it keep the process alive until it is gone.
    this.#worker.unref()
  }

  #begin(): Description {
    const reply = this.#await(protocol.START, 0, START_LIMIT)
    if (reply?.[1]) return reply[2] as Description

    this.end()
    if (reply === undefined) {
      throw new ConnectionFailed(
        `The worker thread of ${this.#adapter} did not start within ${START_LIMIT / 1000} seconds.`,
      )
    }
    const cause = unpack(reply[2] as Packed, this.#begin)
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(
      `The worker thread of ${this.#adapter} did not start: ${(cause as Error).message}`,
      'E_CONFIG',
      { cause },
    )
  }

  /** The reply with that id, or `undefined` when it does not come in time. @param turn the word as it was before the request */
  #await(id: number, turn: number, limit: number): Reply | undefined {
    const until = performance.now() + limit
    try {
      for (let seen = turn; ; ) {
        const left = Math.max(0, until - performance.now())
        if (Atomics.wait(this.#words, protocol.TURN, seen, left) === 'timed-out') return undefined
        seen = Atomics.load(this.#words, protocol.TURN)
        const reply = this.#receive(id)
        if (reply !== undefined) return reply
        if (this.isOver) throw this.#broken()
      }
    } finally {
      if (this.#events.length > 0) this.#deliverEvents()
    }
  }

  #receive(id: number): Reply | undefined {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      const message = next.message as FromWorker
      if (protocol.isEvent(message)) this.#events.push(message)
      else if (message[0] === id) return message
      else this.#deliver(message)
    }
    return undefined
  }

  /** Takes what comes while nobody waits for it. */
  #deliver(message: FromWorker): void {
    if (protocol.isEvent(message)) this.#tell([message[0], message[1], unpackFacts(message[2])])
    else if (message[0] === protocol.CRASH) this.#crash = unpack(message[2] as Packed)
  }

  #deliverEvents(): void {
    const events = this.#events
    this.#events = []
    for (const event of events) this.#deliver(event)
  }

  #hasBegun(id: number): boolean {
    return Atomics.load(this.#words, protocol.PICKED) === (id | 0)
  }

  // A worker that has not even begun with the request does something for ever: only a new one can answer again.
  #late(id: number, limit: number): CacheTimeout {
    const isStuck = !this.#hasBegun(id)
    if (isStuck) this.end()
    const why = isStuck ? ' The thread was stuck; the next call starts another.' : ''
    return new CacheTimeout(`${this.#adapter} had no answer from its worker thread within ${limit} ms.${why}`)
  }

  #broken(): ConnectionFailed {
    const cause = this.#crash
    const why = cause instanceof Error ? ` (${cause.message})` : ''
    this.end()
    const message = `The worker thread of ${this.#adapter} ended${why}. The next call starts another.`
    return new ConnectionFailed(message, cause === undefined ? {} : { cause })
  }

  /** The thread has ended by itself, and nobody waited. */
  #ended(): void {
    if (this.#isOver) return
    this.#receive(Number.NaN)
    this.#deliverEvents()
    this.#tell(['error', undefined, { error: this.#broken() }])
  }
}
