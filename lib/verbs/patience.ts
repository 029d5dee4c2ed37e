import { CacheTimeout } from '../core/errors.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import type { Load } from '../single-flight/loads.ts'
import type { CacheCore } from './cache-core.ts'

/** Waits for a load as long as the caller's options let it: the load goes on when the caller does not. */
export function patient<T>(
  cache: CacheCore,
  key: string,
  load: Load,
  promise: Promise<T>,
  { load: options }: ResolvedTtl,
): Promise<T> {
  const { softMs, hardMs, signal } = options ?? {}
  if (softMs === undefined && hardMs === undefined && signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const stop = () => {
      clearTimeout(soft)
      clearTimeout(hard)
      signal?.removeEventListener('abort', left)
    }
    const serve = (reason: 'softTimeout' | 'hardTimeout'): boolean => {
      if (load.stale === undefined) return false
      stop()
      cache.events.emit('stale', key, { reason })
      cache.background.add(promise)
      resolve(load.stale.value as T)
      return true
    }
    const late = () => {
      if (serve('hardTimeout')) return
      stop()
      cache.background.add(promise)
      reject(
        new CacheTimeout(`The value was not loaded within ${hardMs} ms (hardTimeout).`, {
          adapter: cache.name,
          verb: 'getOrSet',
          key,
        }),
      )
    }
    const left = () => {
      stop()
      leave(cache, load, signal!.reason)
      reject(signal!.reason)
    }
    const soft = softMs === undefined ? undefined : setTimeout(serve, softMs, 'softTimeout')
    const hard = hardMs === undefined ? undefined : setTimeout(late, hardMs)
    signal?.addEventListener('abort', left)
    promise.then(
      (value) => {
        stop()
        resolve(value)
      },
      (error) => {
        stop()
        reject(error)
      },
    )
  })
}

/** A caller leaves. When it was the last one, a loader that looks at its signal is aborted, and nobody joins it any more. */
function leave(cache: CacheCore, load: Load, reason: unknown): void {
  load.callers--
  if (load.callers > 0 || load.abort === undefined) return
  cache.loads.end(load)
  load.abort.abort(reason)
}
