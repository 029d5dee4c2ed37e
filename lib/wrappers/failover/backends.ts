import type { CacheAdapter } from '../../adapter/cache-adapter.ts'
import { AdapterError, ConfigError, PartialFailure, Unsupported, ValueTooLarge } from '../../core/errors.ts'
import type { CacheStatus, Timeout } from '../../core/types.ts'
import type { WrapperOptions } from '../base/wrapped.ts'

/** Options of `failover`. */
export interface FailoverOptions extends WrapperOptions {
  /** Time after a failure of the primary, until it is asked again whether it is back. @default '10s' */
  returnAfter?: Timeout | undefined
}

/** Which backend is in use: `state` is `'up'` while it is the primary, and the other fields are about the primary. */
export interface FailoverStatus extends CacheStatus {
  /** Class of the adapter in use, and its place: 0 is the primary. */
  readonly adapter: string
  readonly active: number
  /** Keys to be removed from the primary before it is used again, or `'all'`. */
  readonly stale: number | 'all'
}

/** Version of a key in one backend, in one period of its use. */
export class BackendVersion {
  readonly period: number
  readonly version: unknown
  constructor(period: number, version: unknown) {
    this.period = period
    this.version = version
  }
}

/** Tells failures of a backend that is down from those of a request that it cannot serve. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof AdapterError)) return false
  return !(error instanceof Unsupported || error instanceof ValueTooLarge || error instanceof PartialFailure)
}

/** Backends are cleared by their prefix, which must not be a whole store that others use. */
export function checkPrefix({ prefix, name, capabilities }: CacheAdapter): void {
  if (prefix === '' && capabilities.shared) {
    throw new ConfigError(`failover may have to clear ${name}, which has no prefix and is shared. Give it a prefix.`)
  }
}
