import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { MemoryCache } from '../../adapters/memory/index.ts'
import { type CipherName, EncryptedCache } from '../../lib/wrappers/encrypted/index.ts'

/**
 * The cost of EncryptedCache over the calls of node:crypto that it is made of: text of 100 characters is set and got in memory,
 * and encrypted and decrypted by hand (one key, nonces and associated data made before, so that nothing but the calls is measured).
 * All run in one process, in turns, in the opposite order every other round; given is the median of the rounds, in µs of
 * processor time.
 */
const CIPHERS: readonly CipherName[] = ['aes-256-gcm', 'aes-128-gcm', 'chacha20-poly1305']
const ROUNDS = 21
const TIMES = 8_000
const TEXT = 'x'.repeat(100)
const KEYS = Array.from({ length: 512 }, (_, i) => `key:${i}`)
const OPTIONS = { authTagLength: 16 } as const

type Loop = (i: number) => unknown

for (const cipher of CIPHERS) {
  const medians = measured({ ...byHand(cipher), ...wrapped(cipher), ...bare() })
  console.log(`\n${cipher}`)
  for (const [name, micros] of Object.entries(medians)) console.log(`  ${name.padEnd(34)} ${micros.toFixed(2)} µs`)
  for (const verb of ['set', 'get'] as const) {
    const ratio = medians[`EncryptedCache.${verb}`]! / medians[`node:crypto for ${verb}`]!
    console.log(`  ${`${verb}, over the calls by hand`.padEnd(34)} ${ratio.toFixed(2)}x`)
  }
}

function byHand(cipher: CipherName): Record<string, Loop> {
  const key = createSecretKey(randomBytes(cipher === 'aes-128-gcm' ? 16 : 32))
  const nonces = KEYS.map(() => randomBytes(12))
  const bound = randomBytes(40)
  const kept: [Buffer, Buffer][] = []
  const encrypt: Loop = (i) => {
    const encryption = createCipheriv(cipher as 'aes-256-gcm', key, nonces[i & 511]!, OPTIONS)
    encryption.setAAD(bound)
    const hidden = encryption.update(TEXT, 'utf8')
    encryption.final()
    kept[i & 511] = [hidden, encryption.getAuthTag()]
  }
  for (const i of KEYS.keys()) encrypt(i)
  return {
    'node:crypto for set': encrypt,
    'node:crypto for get': (i) => {
      const [hidden, tag] = kept[i & 511]!
      const decryption = createDecipheriv(cipher as 'aes-256-gcm', key, nonces[i & 511]!, OPTIONS)
      decryption.setAAD(bound)
      decryption.setAuthTag(tag)
      const text = decryption.update(hidden, undefined, 'utf8')
      return text + decryption.final('utf8')
    },
  }
}

function wrapped(cipher: CipherName): Record<string, Loop> {
  const loops = (cache: EncryptedCache<'sync'>, suffix: string) => {
    for (const key of KEYS) cache.set(key, TEXT)
    return {
      [`EncryptedCache.set${suffix}`]: (i: number) => cache.set(KEYS[i & 511]!, TEXT),
      [`EncryptedCache.get${suffix}`]: (i: number) => cache.get(KEYS[i & 511]!),
    }
  }
  const keys = randomBytes(32)
  return {
    ...loops(new EncryptedCache(new MemoryCache(), { keys, cipher }), ''),
    ...loops(new EncryptedCache(new MemoryCache(), { keys, cipher, hashKeys: true }), ', hashed keys'),
  }
}

function bare(): Record<string, Loop> {
  const cache = new MemoryCache()
  return {
    'MemoryCache.set': (i) => cache.set(KEYS[i & 511]!, TEXT),
    'MemoryCache.get': (i) => cache.get(KEYS[i & 511]!),
  }
}

function measured(loops: Record<string, Loop>): Record<string, number> {
  const names = Object.keys(loops)
  const rounds: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -3; round < ROUNDS; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const micros = timed(loops[name]!)
      if (round >= 0) rounds[name]!.push(micros)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(rounds[name]!)]))
}

function timed(loop: Loop): number {
  const start = process.cpuUsage()
  for (let i = 0; i < TIMES; i++) loop(i)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / TIMES
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1]!
}
