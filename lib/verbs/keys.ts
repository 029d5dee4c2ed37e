import { ConfigError, Unsupported } from '../core/errors.ts'
import { type Answer, type Flow, run, wait } from '../core/flow.ts'
import type { ClearOptions, Keys } from '../core/types.ts'
import { isHidden } from '../entry/hidden-keys.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { isFreshIn, readMany } from './get.ts'

/** How many keys are read at a time. */
const PAGE = 256

/** The keys that begin with a prefix, of entries that have not expired. Throws `Unsupported` where the store cannot list. */
export function keys(cache: CacheCore, prefix: string): Keys<'sync'> | Keys<'async'> {
  if (cache.list === undefined || !cache.capabilities.listsKeys) throw new Unsupported('keys', cache.name)
  return cache.mode === 'sync' ? eachNow(cache, prefix) : eachLater(cache, prefix)
}

function* eachNow(cache: CacheCore, prefix: string): Generator<string, void, undefined> {
  const ids = listed(cache, cache.prefix + prefix)
  let isOver = false
  try {
    for (;;) {
      const page = run(nextPage(cache, ids)) as string[] | undefined
      isOver = page === undefined
      if (page === undefined) return
      yield* page
    }
  } finally {
    if (!isOver) ids.return?.()
  }
}

async function* eachLater(cache: CacheCore, prefix: string): AsyncGenerator<string, void, undefined> {
  const ids = listed(cache, cache.prefix + prefix)
  let isOver = false
  try {
    for (;;) {
      const page = await run(nextPage(cache, ids))
      isOver = page === undefined
      if (page === undefined) return
      yield* page
    }
  } finally {
    // The caller has left, or the store failed: its iterator is closed in any case.
    if (!isOver) await ids.return?.()
  }
}

/** Whole keys, one after the other, in either mode. */
export interface Ids {
  next(): Answer<IteratorResult<string>>
  return?(): unknown
}

/** Whole keys that begin with a prefix. An asynchronous store may list them synchronously, but never the other way round. */
export function listed(cache: CacheCore, whole: string): Ids {
  const list = cache.list!(whole) as Iterable<string> & Partial<AsyncIterable<string>>
  const later = cache.mode === 'async' ? list[Symbol.asyncIterator]?.() : undefined
  return later ?? list[Symbol.iterator]()
}

/** The next keys as users spell them, without expired ones; `undefined` at the end. */
function* nextPage(cache: CacheCore, ids: Ids): Flow<string[] | undefined> {
  const page = yield* take(cache, ids, 'keys')
  if (page.length === 0) return undefined

  const spelled = page.map((id) => id.slice(cache.prefix.length))
  const entries = yield* readMany(cache, 'keys', spelled)
  const now = cache.now()
  return spelled.filter((_, i) => isFreshIn(cache, entries[i], now))
}

function* take(cache: CacheCore, ids: Ids, verb: string): Flow<string[]> {
  const page: string[] = []
  while (page.length < PAGE) {
    const step = yield* wait(callStore(cache, verb, undefined, () => ids.next()))
    if (step.done) break
    if (verb !== 'keys' || !isHidden(step.value)) page.push(step.value)
  }
  return page
}

/** Removes all keys with a prefix. A cache without a prefix empties a shared store only if the option `all` says so. */
export function* clear(cache: CacheCore, prefix: string, { all = false }: ClearOptions): Flow<void> {
  const whole = cache.prefix + prefix
  if (whole === '' && cache.capabilities.shared && !all) {
    throw new ConfigError(
      `This ${cache.name} has no prefix, so clear() would empty a store that others may use. Give it a prefix, or say clear('', { all: true }).`,
    )
  }
  cache.loads.invalidateAll(whole, cache)
  if (cache.wipe === undefined) yield* dropListed(cache, whole)
  else yield* wait(callStore(cache, 'clear', undefined, () => cache.wipe!(whole)))
}

/** Removes what begins with a prefix, on behalf of a wrapper, which sees to the failures. */
export function wipe(store: CacheCore, whole: string): Answer<void> {
  return store.wipe === undefined ? run(dropListed(store, whole)) : store.wipe(whole)
}

/** Removes what begins with a prefix, in a store that can list. */
export function* dropListed(cache: CacheCore, whole: string): Flow<void> {
  if (cache.list === undefined || !cache.capabilities.listsKeys) throw new Unsupported('clear', cache.name)
  const ids = listed(cache, whole)
  for (;;) {
    const page = yield* take(cache, ids, 'clear')
    if (page.length === 0) return
    yield* wait(callStore(cache, 'clear', undefined, () => cache.drop(page)))
  }
}
