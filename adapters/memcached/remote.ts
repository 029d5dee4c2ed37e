import type { VersionedWire } from '../../lib/adapter/byte-store.ts'
import { AdapterError, CacheTimeout, ConnectionFailed } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'

/** What keeps stored forms for `MemcachedStore`: one server, or a client that knows several. Keys are encoded; lives are as memcached counts them. */
export interface Remote {
  load(key: string): Promise<Wire | undefined>
  save(key: string, wire: Wire, ttl: number): Promise<void>
  /** Whether there was something. */
  remove(key: string): Promise<boolean>
  inspect(key: string): Promise<VersionedWire>
  exchange(key: string, version: unknown, wire: Wire | undefined, ttl: number): Promise<boolean>
  /** Makes everything unreadable that is there under the prefix. */
  wipe(): Promise<void>
  ping(): Promise<void>
  /** What the server says about itself. */
  stats(): Promise<Record<string, unknown>>
  close(): Promise<void>
  /** Several at once, where that is faster than one by one. */
  loadMany?(keys: readonly string[]): Promise<(Wire | undefined)[]>
}

/** The same failure for another request: each has an error of its own, as each will be given facts of its own. */
export function anew(error: Error, adapter: string): AdapterError {
  const options = { adapter, cause: error.cause ?? error }
  if (error instanceof CacheTimeout) return new CacheTimeout(error.message, options)
  if (error instanceof ConnectionFailed) return new ConnectionFailed(error.message, options)
  return new AdapterError(error.message, options)
}
