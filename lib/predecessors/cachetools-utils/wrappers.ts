import type { Cache, Mode } from '../../index.ts'
import * as wrappers from '../../wrappers/index.ts'

/** Writes every call to a log: `new DebugCache(cache, log, 'name')`. */
export class DebugCache<M extends Mode = Mode> extends wrappers.DebugCache<M> {
  constructor(
    inner: Cache<M>,
    log?: wrappers.DebugOptions['log'],
    name = 'cache',
    options: wrappers.DebugOptions = {},
  ) {
    super(inner, { log, name, ...options })
  }
}

/** Two levels: `new TwoLevelCache(small, large, true)` goes on with the first alone while the second fails. */
export class TwoLevelCache<N extends Mode = Mode, F extends Mode = Mode> extends wrappers.TwoLevelCache<N, F> {
  constructor(near: Cache<N>, far: Cache<F>, resilient: boolean | wrappers.TwoLevelOptions = {}) {
    super(near, far, typeof resilient === 'boolean' ? { resilient } : resilient)
  }

  /** The hit rate of both levels together, from 0 to 1. */
  hits(): number {
    return this.stats().hitRate
  }
}

/** The authenticated ciphers that stand for theirs. */
const CIPHERS: Readonly<Record<string, wrappers.CipherName>> = {
  Salsa20: 'chacha20-poly1305',
  ChaCha20: 'chacha20-poly1305',
  'AES-128-CBC': 'aes-128-gcm',
  'AES-128': 'aes-128-gcm',
  AES: 'aes-128-gcm',
}

/** The options of `EncryptedCache`. */
export interface EncryptedOptions extends Omit<wrappers.EncryptedOptions, 'key' | 'keys' | 'cipher'> {
  /** One of our authenticated ciphers, or the name of one of theirs, for which an authenticated one stands. */
  cipher?: wrappers.CipherName | 'Salsa20' | 'ChaCha20' | 'AES-128-CBC' | 'AES-128' | 'AES' | undefined
  /** The bytes of their checksum. Not needed: every value is authenticated with 16 bytes. */
  csize?: number | undefined
}

/** Encrypts values and hashes the names of keys: `new EncryptedCache(cache, secret)`. */
export class EncryptedCache<M extends Mode = Mode> extends wrappers.EncryptedCache<M> {
  constructor(inner: Cache<M>, secret: wrappers.Secret, { cipher, csize: _, ...options }: EncryptedOptions = {}) {
    const name = cipher === undefined ? undefined : ((CIPHERS[cipher] ?? cipher) as wrappers.CipherName)
    super(inner, { key: secret, cipher: name, onTampered: 'miss', ...options })
  }
}
