import { performance } from 'node:perf_hooks'
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads'
import { CacheTimeout, ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import { outgoing } from '../bytes.ts'
import { watch } from '../caller-spin.ts'
import { type Packed, unpack, unpackFacts } from '../errors.ts'
import type { Description, FromWorker, Reply, StoreEvent, Target, Verb } from '../protocol.ts'
import * as protocol from '../protocol.ts'
import { launch } from './launch.ts'

/** The time that a worker may take to start and to load its module, in ms. It is not the backend's. */
const START_LIMIT = 10_000

/** The time that a verb over the whole store may take once the worker has started it, in ms. */
const SWEEP_LIMIT = 30_000

/** A wait is counted in this many slices, none of which counts for more than two. */
const SLICES = 8

const isSweep = (verb: Verb): boolean => verb === 'list' || verb === 'wipe'

/**
 * One worker thread, from its start to its end, as its only caller sees it. The caller posts a request with an id and sleeps
 * on a word of shared memory; the worker posts the reply, then changes the word and wakes the caller, who takes what was
 * posted off the port. No wake-up is lost: the word is read before the request is posted, and a caller that sees it changed
 * looks for the reply. A reply with another id than the last answers a request that was given up, and is dropped.
 *
 * A worker that ends changes the word, too; one that is terminated from outside, or runs out of memory, cannot: then the
 * limit ends the wait. The worker never needs the waiting thread, except for its `console`, which appears when that runs again.
 */
export class Thread {
  /** The description of the store in the worker. */
  readonly description: Description
  readonly #adapter: string
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * protocol.WORDS))
  readonly #emit: (event: StoreEvent) => void
  /** Events that came while the caller waited. They are emitted after the answer, because a listener may ask something itself. */
  #events: StoreEvent[] = []
  #lastId = protocol.START
  #isOver = false
  #crash: unknown

  /** Starts the worker, and waits until its store is created. @param emit takes the events of the store */
  constructor(target: Target, emit: (event: StoreEvent) => void) {
    const { port1, port2 } = new MessageChannel()
    this.#adapter = target.adapter
    this.#emit = emit
    this.#port = port1
    this.#worker = launch(target, port2, this.#words)
    // Most errors come through the port, and sooner; without a listener, this one would be thrown.
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
   * Asks the store, and waits for the answer. Throws the store's error, `CacheTimeout`, or `ConnectionFailed`.
   * @param limit the time to wait, in ms
   * @param spin the time to spin before sleeping, in ms
   */
  ask(verb: Verb, args: readonly unknown[], limit: number, spin: number): unknown {
    const turn = Atomics.load(this.#words, protocol.REPLIED)
    if (this.isOver) throw this.#broken()
    const id = ++this.#lastId
    const moved: ArrayBuffer[] = []
    Atomics.store(this.#words, protocol.SPINNING, spin > 0 ? 1 : 0)
    this.#port.postMessage([id, verb, protocol.CARRIERS.has(verb) ? outgoing(args, moved) : args], moved)
    Atomics.add(this.#words, protocol.ASKED, 1)

    if (spin > 0) watch(this.#words, protocol.REPLIED, turn, spin)
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

  /**
   * The reply with that id, or `undefined` if it does not come in time. Only time in which this process ran counts: if it was
   * frozen, so was the worker.
   * @param turn the word as it was before the request
   */
  #await(id: number, turn: number, limit: number): Reply | undefined {
    const slice = Math.ceil(limit / SLICES)
    let left = limit
    try {
      for (let seen = turn; ; ) {
        const start = performance.now()
        const isSilent = Atomics.wait(this.#words, protocol.REPLIED, seen, Math.min(slice, left)) === 'timed-out'
        left -= Math.min(performance.now() - start, 2 * slice)
        if (isSilent && left > 0 && !this.isOver) continue
        if (isSilent && !this.isOver) return undefined
        seen = Atomics.load(this.#words, protocol.REPLIED)
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

  /** Takes a message that nobody waits for. */
  #deliver(message: FromWorker): void {
    if (protocol.isEvent(message)) this.#emit([message[0], message[1], unpackFacts(message[2])])
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

  // A worker that has not even started the request is stuck: only a new one can answer again.
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

  /** The thread has ended by itself while nobody waited. */
  #ended(): void {
    if (this.#isOver) return
    this.#receive(Number.NaN)
    this.#deliverEvents()
    this.#emit(['error', undefined, { error: this.#broken() }])
  }
}
