import { expect } from 'chai'
import { MemoryCache } from '../../adapters/memory/index.ts'
import { ConfigError } from '../../lib/core/errors.ts'
import * as wrappers from '../../lib/wrappers/index.ts'

const inner = new MemoryCache()
const key = 'a secret of sixteen bytes'

/** Each wrapper with an option that it has not, and what the error suggests. */
const TYPOS: Record<string, readonly [make: (options: object) => unknown, typo: string, meant: string]> = {
  PrefixedCache: [(options) => new wrappers.PrefixedCache(inner, 'p:', options), 'ttl', 'timeout'],
  AutoPrefixedCache: [(options) => new wrappers.AutoPrefixedCache(inner, options), 'methods', 'method'],
  StatsCache: [(options) => new wrappers.StatsCache(inner, options), 'timeOut', 'timeout'],
  LockedCache: [(options) => new wrappers.LockedCache(inner, options), 'waits', 'wait'],
  TwoLevelCache: [(options) => new wrappers.TwoLevelCache(inner, inner, options), 'nearTimeOut', 'nearTimeout'],
  DebugCache: [(options) => new wrappers.DebugCache(inner, options), 'redacted', 'redact'],
  EncryptedCache: [(options) => new wrappers.EncryptedCache(inner, { key, ...options }), 'hashkeys', 'hashKeys'],
  CompressedCache: [(options) => new wrappers.CompressedCache(inner, options), 'treshold', 'threshold'],
  BytesCache: [(options) => new wrappers.BytesCache(inner, options), 'encodings', 'encoding'],
  ToBytesCache: [(options) => new wrappers.ToBytesCache(inner, options), 'codec', 'coder'],
  DictCache: [(options) => new wrappers.DictCache(new Map(), options), 'ttl', 'timeout'],
  asMap: [(options) => wrappers.asMap(inner, options), 'expires', 'timeout'],
}

describe('Options of wrappers', () => {
  for (const [name, [make, typo, meant]] of Object.entries(TYPOS)) {
    it(`are refused by ${name} when they do not exist, with the nearest one`, () => {
      expect(() => make({})).not.to.throw()
      expect(() => make({ [typo]: 1 })).to.throw(ConfigError, `${name} has no option "${typo}". Did you mean ${meant}`)
    })
  }
})
