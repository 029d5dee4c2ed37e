import { Writable } from 'node:stream'
import type { Cache } from '../core/types.ts'
import { systemNow } from '../entry/clock.ts'

/** A request, in the form of undici's cache interceptor. */
export interface RequestKey {
  readonly origin: string
  readonly method: string
  readonly path: string
  readonly headers?: Headers | undefined
}

type Headers = Record<string, string | string[]>

/** A response, in the form of undici's cache interceptor. Times are ms since the epoch. */
export interface ResponseValue {
  readonly statusCode: number
  readonly statusMessage: string
  readonly headers: Headers
  readonly vary?: Record<string, string | string[] | null> | undefined
  readonly etag?: string | undefined
  readonly cacheControlDirectives?: object | undefined
  readonly cachedAt: number
  readonly staleAt: number
  readonly deleteAt: number
}

interface Stored extends ResponseValue {
  readonly method: string
  readonly cacheControlDirectives: object
  readonly body: Uint8Array
}

export interface UndiciStoreOptions {
  /** The largest body that is stored, in bytes. Larger ones pass through. @default 5 MiB */
  maxBodyBytes?: number | undefined
  /** The number of variants (by `Vary` and method) stored per URL; the oldest is dropped first. @default 16 */
  maxVariants?: number | undefined
}

/**
 * A store for outgoing requests: undici's `interceptors.cache({ store })`, over any cache.
 *
 * @example setGlobalDispatcher(new Agent().compose(interceptors.cache({ store: new UndiciStore(asyncCached) })))
 */
export class UndiciStore {
  readonly #cache: Cache
  readonly #maxBodyBytes: number
  readonly #maxVariants: number

  constructor(cache: Cache, { maxBodyBytes = 5 * 1024 * 1024, maxVariants = 16 }: UndiciStoreOptions = {}) {
    this.#cache = cache
    this.#maxBodyBytes = maxBodyBytes
    this.#maxVariants = maxVariants
  }

  async get(request: RequestKey): Promise<Stored | undefined> {
    const variants = await this.#variants(request)
    return variants.find((variant) => isFor(variant, request) && variant.deleteAt > systemNow())
  }

  createWriteStream(request: RequestKey, response: ResponseValue): Writable {
    const chunks: Buffer[] = []
    let size = 0
    return new Writable({
      write: (chunk: string | Buffer, encoding, done) => {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
        size += bytes.length
        if (size <= this.#maxBodyBytes) chunks.push(bytes)
        else chunks.length = 0
        done()
      },
      final: (done) => {
        const stored =
          size > this.#maxBodyBytes ? Promise.resolve() : this.#store(request, response, Buffer.concat(chunks))
        // A response that cannot be stored has still reached its caller, and the cache has counted the failure.
        stored.then(
          () => done(),
          () => done(),
        )
      },
    })
  }

  async delete(request: RequestKey): Promise<void> {
    await this.#cache.remove(keyOf(request))
  }

  async #variants(request: RequestKey): Promise<Stored[]> {
    return (await this.#cache.get<Stored[]>(keyOf(request), [])) as Stored[]
  }

  async #store(request: RequestKey, response: ResponseValue, body: Buffer): Promise<void> {
    const now = systemNow()
    const others = (await this.#variants(request)).filter((one) => !isFor(one, request) && one.deleteAt > now)
    const { cacheControlDirectives = {}, ...rest } = response
    const variants = [...others, { ...rest, cacheControlDirectives, method: request.method, body }]
    const newest = variants.slice(-this.#maxVariants)
    await this.#cache.set(keyOf(request), newest, (Math.max(...newest.map(({ deleteAt }) => deleteAt)) - now) / 1000)
  }
}

function keyOf({ origin, path }: RequestKey): string {
  return JSON.stringify([origin, path])
}

function isFor({ method, vary }: Stored, { method: asked, headers = {} }: RequestKey): boolean {
  if (method !== asked) return false
  return Object.entries(vary ?? {}).every(([name, value]) => String(headers[name] ?? '') === String(value ?? ''))
}
