import { EventEmitter } from 'node:events'
import { CacheNotFound } from '../core/errors.ts'
import { optional } from '../core/optional-package.ts'
import type { Cache, Timeout } from '../core/types.ts'
import { systemNow } from '../entry/clock.ts'

/** A session from the middleware: its data and its cookie. */
export interface SessionData {
  cookie: { expires?: Date | string | null | undefined; maxAge?: number | null; toJSON?(): object }
}

type Callback<T = void> = (error?: unknown, result?: T) => void

export interface SessionStoreOptions {
  /** The prefix of the keys. @default 'sess:' */
  prefix?: string | undefined
  /** The TTL of sessions whose cookie has no expiry. @default '1d' */
  timeout?: Timeout | undefined
  /** How long requests that are still running cannot revive a destroyed session. @default '5m' */
  tombstone?: Timeout | undefined
  /** Does not extend the TTL of a session that was only read. @default false */
  disableTouch?: boolean | undefined
}

/**
 * A session store over any cache, for express-session and @fastify/session.
 *
 * A destroyed session stays destroyed: `destroy` leaves a tombstone, and a later save by a request that began before the
 * logout is dropped. `touch` extends the TTL and never writes data, so that it cannot overwrite a concurrent save.
 *
 * @example app.use(session({ secret, resave: false, saveUninitialized: false, store: new SessionStore(asyncCached) }))
 */
export class SessionStore extends EventEmitter {
  readonly #cache: Cache
  readonly #prefix: string
  readonly #timeout: Timeout
  readonly #tombstone: Timeout
  readonly #touches: boolean

  constructor(cache: Cache, options: SessionStoreOptions = {}) {
    super()
    this.#cache = cache
    this.#prefix = options.prefix ?? 'sess:'
    this.#timeout = options.timeout ?? '1d'
    this.#tombstone = options.tombstone ?? '5m'
    this.#touches = options.disableTouch !== true
  }

  get(sid: string, callback: Callback<SessionData | null>): void {
    this.#answer(callback, async () => (await this.#cache.get<SessionData>(this.#prefix + sid)) ?? null)
  }

  set(sid: string, session: SessionData, callback?: Callback): void {
    this.#answer(callback, async () => {
      const timeout = this.#timeoutOf(session)
      if (typeof timeout === 'number' && timeout <= 0) return await this.#remove(sid)
      if (await this.#isDestroyed(sid)) return
      await this.#cache.set(this.#prefix + sid, plain(session), timeout)
      // A logout may have happened between the check and the write.
      if (await this.#isDestroyed(sid)) await this.#remove(sid)
    })
  }

  touch(sid: string, session: SessionData, callback?: Callback): void {
    this.#answer(callback, async () => {
      if (!this.#touches) return
      try {
        await this.#cache.updateTimeout(this.#prefix + sid, this.#timeoutOf(session))
      } catch (error) {
        if (!(error instanceof CacheNotFound)) throw error
      }
    })
  }

  destroy(sid: string, callback?: Callback): void {
    this.#answer(callback, async () => {
      await this.#cache.set(this.#tombstoneOf(sid), true, this.#tombstone)
      await this.#remove(sid)
    })
  }

  all(callback: Callback<SessionData[]>): void {
    this.#answer(callback, async () => {
      const sessions = await this.#cache.getMany<SessionData>(await this.#keys())
      return sessions.filter((session) => session !== undefined)
    })
  }

  length(callback: Callback<number>): void {
    this.#answer(callback, async () => (await this.#keys()).length)
  }

  clear(callback?: Callback): void {
    this.#answer(callback, async () => {
      await this.#cache.clear(this.#prefix)
    })
  }

  #answer<T>(callback: Callback<T> | undefined, work: () => Promise<T>): void {
    work().then(
      (result) => callback?.(null, result),
      (error) => callback?.(error),
    )
  }

  async #remove(sid: string): Promise<void> {
    await this.#cache.remove(this.#prefix + sid)
  }

  async #isDestroyed(sid: string): Promise<boolean> {
    return await this.#cache.has(this.#tombstoneOf(sid))
  }

  async #keys(): Promise<string[]> {
    const keys: string[] = []
    for await (const key of this.#cache.keys(this.#prefix)) keys.push(key)
    return keys
  }

  // Outside the prefix of sessions, so that it is not listed or counted as one.
  #tombstoneOf(sid: string): string {
    return `destroyed:${this.#prefix}${sid}`
  }

  #timeoutOf({ cookie }: SessionData): Timeout {
    const expires = cookie?.expires
    return expires ? (new Date(expires).getTime() - systemNow()) / 1000 : this.#timeout
  }
}

/** Returns the data of a session without the methods that express-session adds. */
function plain(session: SessionData): object {
  return { ...session, cookie: session.cookie?.toJSON?.() ?? session.cookie }
}

// express-session expects these methods, which build sessions and are only available on its own Store.
interface ExpressSession {
  readonly Store: { readonly prototype: object }
}

for (const name of ['createSession', 'regenerate', 'load']) {
  Object.defineProperty(SessionStore.prototype, name, {
    get: () => Reflect.get(optional<ExpressSession>('express-session', 'SessionStore').Store.prototype, name),
  })
}
