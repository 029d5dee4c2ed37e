import { randomUUID } from 'node:crypto'
import { AdapterError, LockError, Unsupported } from '../core/errors.ts'
import { type Answer, asOut, type Flow, run, wait } from '../core/flow.ts'
import { quoted } from '../core/quoted.ts'
import type { Lock, LockOptions, Mode, Out } from '../core/types.ts'
import { isFresh, newEntry } from '../entry/entry.ts'
import { hiddenKey } from '../entry/hidden-keys.ts'
import { durationOf } from '../entry/timeout.ts'
import { type Exit, lockQueueOf, notHad, type Patience } from '../single-flight/lock-queue.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { compareAndSet, readVersioned } from './store-verbs.ts'

/**
 * Locks between processes, over the compare-and-set that every atomic backend has.
 *
 * A lock is an entry whose value is the owner's token and whose expiry is the lock's TTL, so that a dead owner's lock frees
 * itself by the backend's own clock. Nobody frees or extends another owner's lock: both compare the token and swap.
 * Callers of one process stand in line, and only the first of them competes with other processes.
 *
 * The fencing number grows with every acquisition of a name. It is kept in an entry of its own, which outlives the lock, and
 * never falls below the clock, so that losing that entry does not make it repeat.
 *
 * What a lock does not promise: that the owner still holds it at the very moment of a write elsewhere (it may have been
 * paused past its TTL), or that it survives a failover of the backend to a replica that has not seen it. A resource that
 * must not be written by two owners has to refuse a fencing number smaller than the largest it has seen.
 */

/** Longest pause between two looks at a lock that another process holds, in ms. */
const LONGEST_PAUSE_MS = 250

/** How long the fencing number of a lock that nobody takes is remembered, in ms. */
const FENCE_MS = 7 * 24 * 3_600_000

/** Takes a lock, waiting as long as the options say. Throws `LockError` when it is not had in time. */
export function* lock<M extends Mode>(core: CacheCore<M>, name: string, options: LockOptions = {}): Flow<Lock<M>> {
  if (typeof name !== 'string') throw new TypeError(`The name of a lock must be a string, not ${typeof name}.`)
  const ttlMs = ttlOf(options.ttl)
  const patience: Patience = { ms: durationOf(options.wait ?? 0, 'wait') ?? Infinity, signal: options.signal }
  const { shared, atomic } = core.capabilities
  if (shared && !atomic)
    throw new Unsupported('lock', core.name, 'Its backend has no atomic operation to build one on.')
  options.signal?.throwIfAborted()

  const deadline = performance.now() + patience.ms
  const id = core.prefix + hiddenKey(`lock:${name}`)
  const queue = lockQueueOf(core.loads.root)
  const leave = queue.tryEnter(id) ?? (yield* wait(enterLater(core, () => queue.enter(id, name, patience), name)))
  try {
    const token = randomUUID()
    if (shared) yield* compete(core, name, id, token, ttlMs, deadline, options.signal)
    const fence = yield* nextFence(core, name)
    const held = new HeldLock<M>(core, name, token, fence, { ttlMs, renews: options.renew !== false, leave, id })
    leave.overWhen(() => !held.isHeld())
    return held
  } catch (error) {
    leave()
    throw error
  }
}

/** Runs `fn` under a lock and releases it afterwards, also when `fn` throws. */
export function* withLock<T>(
  core: CacheCore,
  name: string,
  options: LockOptions,
  fn: (lock: Lock) => Answer<T>,
): Flow<T> {
  const held: Lock = yield* lock(core, name, options)
  try {
    return yield* wait(fn(held))
  } finally {
    yield* wait<unknown>(held.release())
  }
}

// In a synchronous cache only this thread could release the lock, and it would be blocked.
function enterLater(core: CacheCore, enter: () => Promise<Exit>, name: string): Promise<Exit> {
  if (core.mode === 'sync') throw notHad(name)
  return enter()
}

function* compete(
  core: CacheCore,
  name: string,
  id: string,
  token: string,
  ttlMs: number,
  deadline: number,
  signal: AbortSignal | undefined,
): Flow<void> {
  for (let pause = 5; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    if (yield* put(core, name, id, (owner) => (owner === undefined ? token : undefined), ttlMs)) return
    const left = deadline - performance.now()
    if (left <= 0) throw notHad(name)
    yield* wait(sleep(core.mode, Math.min(left, pause * (0.5 + Math.random())), signal))
  }
}

/**
 * Replaces the owner of a lock, if `decide` names a new one ('' to free it). Answers whether it did; it tries again only
 * when the entry changed between the look and the swap.
 */
function* put(
  core: CacheCore,
  name: string,
  id: string,
  decide: (owner: string | undefined) => string | undefined,
  ttlMs: number,
): Flow<boolean> {
  for (;;) {
    const { entry, version } = yield* wait(callStore(core, 'lock', name, () => readVersioned(core, id)))
    const owner = isFresh(entry, core.now()) && typeof entry.value === 'string' ? entry.value : undefined
    const next = decide(owner)
    if (next === undefined) return false
    const after = next === '' ? undefined : newEntry(next, ttlMs, core.now())
    if (yield* wait(callStore(core, 'lock', name, () => compareAndSet(core, id, version, after)))) return true
  }
}

const fences = new WeakMap<object, Map<string, number>>()

/** The next fencing number of a name: larger than all before, and at least the time in ms. */
function* nextFence(core: CacheCore, name: string): Flow<number> {
  if (!core.capabilities.shared) {
    const known = fences.get(core.loads.root) ?? new Map<string, number>()
    fences.set(core.loads.root, known)
    const fence = Math.max((known.get(name) ?? 0) + 1, core.now())
    known.set(name, fence)
    return fence
  }
  const id = core.prefix + hiddenKey(`fence:${name}`)
  for (;;) {
    const { entry, version } = yield* wait(callStore(core, 'lock', name, () => readVersioned(core, id)))
    const fence = Math.max((typeof entry?.value === 'number' ? entry.value : 0) + 1, core.now())
    const after = newEntry(fence, FENCE_MS, core.now())
    if (yield* wait(callStore(core, 'lock', name, () => compareAndSet(core, id, version, after)))) return fence
  }
}

interface Holding {
  readonly id: string
  readonly ttlMs: number
  readonly renews: boolean
  readonly leave: Exit
}

/** A lock that was taken. */
class HeldLock<M extends Mode> implements Lock<M> {
  readonly name: string
  readonly token: string
  readonly fence: number
  readonly #core: CacheCore<M>
  readonly #holding: Holding
  readonly #lost = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #deadline: number
  #isReleased = false

  constructor(core: CacheCore<M>, name: string, token: string, fence: number, holding: Holding) {
    this.#core = core
    this.name = name
    this.token = token
    this.fence = fence
    this.#holding = holding
    this.#deadline = performance.now() + holding.ttlMs
    this.#schedule()
  }

  get signal(): AbortSignal {
    return this.#lost.signal
  }

  isHeld(): boolean {
    return !this.#isReleased && !this.signal.aborted && performance.now() < this.#deadline
  }

  extend(ttl?: LockOptions['ttl']): Out<M, void> {
    const ttlMs = ttl === undefined ? this.#holding.ttlMs : ttlOf(ttl)
    return this.#answer(() => run(this.#extend(ttlMs)))
  }

  release(): Out<M, boolean> {
    return this.#answer(() => run(this.#release()))
  }

  [Symbol.dispose](): void {
    const released: Answer<boolean> = this.release()
    // Nobody waits for it here; a lock that cannot be freed now expires by itself.
    if (released instanceof Promise) released.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  *#extend(ttlMs: number): Flow<void> {
    if (this.#isReleased) throw new LockError(`The lock ${quoted(this.name)} has been released.`)
    const start = performance.now()
    const isOurs = this.#core.capabilities.shared
      ? yield* put(this.#core, this.name, this.#holding.id, (owner) => this.#whenOurs(owner, this.token), ttlMs)
      : this.isHeld()
    if (!isOurs) {
      this.#lose()
      throw this.#lostError()
    }
    this.#deadline = start + ttlMs
    this.#schedule()
  }

  *#release(): Flow<boolean> {
    if (this.#isReleased) return false
    const wasHeld = this.isHeld()
    this.#isReleased = true
    clearTimeout(this.#timer)
    try {
      if (!this.#core.capabilities.shared) return wasHeld
      return yield* put(this.#core, this.name, this.#holding.id, (owner) => this.#whenOurs(owner, ''), 0)
    } finally {
      this.#holding.leave()
    }
  }

  #whenOurs(owner: string | undefined, next: string): string | undefined {
    return owner === this.token ? next : undefined
  }

  /** Renews the lock when a third of its TTL has passed; without renewal, notes when it has expired. */
  #schedule(): void {
    clearTimeout(this.#timer)
    const left = this.#deadline - performance.now()
    const ms = this.#holding.renews ? Math.min(left, this.#holding.ttlMs / 3) : left
    this.#timer = setTimeout(() => void this.#renew(), Math.max(1, Math.ceil(ms))).unref()
  }

  async #renew(): Promise<void> {
    if (this.#isReleased || this.signal.aborted) return
    if (performance.now() >= this.#deadline) return this.#lose()
    if (!this.#holding.renews) return this.#schedule()
    try {
      await run(this.#extend(this.#holding.ttlMs))
    } catch (error) {
      // A backend that does not answer is asked again until the lock has expired.
      if (error instanceof AdapterError) this.#schedule()
    }
  }

  #lose(): void {
    clearTimeout(this.#timer)
    if (!this.signal.aborted) this.#lost.abort(this.#lostError())
    this.#holding.leave()
  }

  #lostError(): LockError {
    return new LockError(`The lock ${quoted(this.name)} was lost: it expired, or another owner has it.`)
  }

  #answer<T>(work: () => Answer<T>): Out<M, T> {
    if (this.#core.mode === 'sync') return asOut<M, T>(work())
    const later = async (): Promise<T> => await work()
    return asOut<M, T>(later())
  }
}

/** A lock's TTL in ms: it has to end, so that a dead owner cannot keep it. */
function ttlOf(ttl: LockOptions['ttl'] = '30s'): number {
  const ms = durationOf(ttl, 'ttl')
  if (ms === null || ms === 0) throw new RangeError('The ttl of a lock must be longer than nothing, and have an end.')
  return ms
}

/** Pauses the caller: a synchronous one by blocking its thread. */
function sleep(mode: Mode, ms: number, signal: AbortSignal | undefined): Answer<void> {
  if (mode === 'sync') {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
    return undefined
  }
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal!.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abort)
  })
}
