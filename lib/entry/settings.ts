import { ConfigError } from '../core/errors.ts'
import { shared } from '../core/process-state.ts'
import type { Duration, Timeout } from '../core/types.ts'
import { ALLOWED, durationOf } from './timeout.ts'

/** The process-wide defaults, for adapters that do not get the option. */
export interface Settings {
  /** The adapter of `cached`: a name, or a URL. @default `CACHE_ADAPTER`, else 'memory' */
  adapter?: string | undefined
  /** The adapter of `asyncCached`. @default `CACHE_ASYNC_ADAPTER`, else that of `cached` */
  asyncAdapter?: string | undefined
  /** The default TTL. @default `CACHE_TIMEOUT` (seconds, or text with a unit), else 300 seconds */
  timeout?: Timeout | undefined
  /** The prefix of every key in a shared store. @default `CACHE_PREFIX`, else 'cache:' */
  prefix?: string | undefined
  /** The version of stored data: entries of other versions are misses. @default `CACHE_VERSION`, else none */
  version?: string | undefined
  /** The URL of Redis. @default `REDIS_URL`, else redis://127.0.0.1:6379 */
  redisUrl?: string | undefined
  /** The memcached servers: `host:port`, separated by commas. @default `MEMCACHED_SERVERS`, else 127.0.0.1:11211 */
  memcachedServers?: string | undefined
  /** The SQLite file. @default `SQLITE_PATH`, else polycache.sqlite3 in the working directory */
  sqlitePath?: string | undefined
  /** The URL of MongoDB, with the database as its path. @default `MONGODB_URL`, else mongodb://127.0.0.1:27017/polycache */
  mongodbUrl?: string | undefined
}

/** The environment variable behind each setting. */
export const VARIABLES = {
  adapter: 'CACHE_ADAPTER',
  asyncAdapter: 'CACHE_ASYNC_ADAPTER',
  timeout: 'CACHE_TIMEOUT',
  prefix: 'CACHE_PREFIX',
  version: 'CACHE_VERSION',
  redisUrl: 'REDIS_URL',
  memcachedServers: 'MEMCACHED_SERVERS',
  sqlitePath: 'SQLITE_PATH',
  mongodbUrl: 'MONGODB_URL',
} as const satisfies Record<keyof Settings, string>

export type Environment = Readonly<Record<string, string | undefined>>

/** The configured settings, the environment for the others, and the default TTL computed from both. */
interface State {
  configured: Settings
  environment: Environment | undefined
  ttl: number | null | undefined
}

const state = shared<State>('settings', () => ({ configured: {}, environment: undefined, ttl: undefined }))

/** Returns a setting: the configured one, else the current environment variable. An empty variable counts as unset. */
export function setting(name: Exclude<keyof Settings, 'timeout'>): string | undefined {
  return state.configured[name] ?? ((state.environment ?? process.env)[VARIABLES[name]] || undefined)
}

/** The default TTL of the process in ms; `null` for no limit. It is read on first use, and again after `forgetSettings`. */
export function defaultTtl(): number | null {
  if (state.ttl === undefined) {
    const { timeout } = state.configured
    state.ttl = timeout === undefined ? ttlFromEnvironment() : durationOf(timeout)
  }
  return state.ttl
}

/**
 * Overrides settings for the process; settings that are not given do not change. Throws for an invalid timeout, and changes
 * nothing. Returns a function that restores the settings.
 */
export function changeSettings(changes: Settings): () => void {
  if (changes.timeout !== undefined) durationOf(changes.timeout)
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  const before = state.configured
  state.configured = { ...before, ...given }
  state.ttl = undefined
  return () => {
    state.configured = before
    state.ttl = undefined
  }
}

/** Reads the settings from an environment (`undefined`: that of the process) and drops the configured ones. */
export function settingsFrom(environment: Environment | undefined): void {
  state.configured = {}
  state.environment = environment
  state.ttl = undefined
}

/** Reads the environment again on next use. */
export function forgetSettings(): void {
  state.ttl = undefined
}

const DEFAULT_TTL_MS = 300_000

function ttlFromEnvironment(): number | null {
  const text = (state.environment ?? process.env)[VARIABLES.timeout]?.trim()
  if (!text) return DEFAULT_TTL_MS
  const seconds = Number(text)
  try {
    return durationOf(Number.isNaN(seconds) ? (text as Duration) : seconds, VARIABLES.timeout)
  } catch (cause) {
    throw new ConfigError(`${VARIABLES.timeout} is ${JSON.stringify(text)}; it must be ${ALLOWED}.`, 'E_CONFIG', {
      cause,
    })
  }
}
