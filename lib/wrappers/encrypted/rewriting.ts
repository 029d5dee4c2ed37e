import { type Flow, wait } from '../../core/flow.ts'
import type { Entry } from '../../core/types.ts'
import { isFresh } from '../../entry/entry.ts'
import type { CacheCore } from '../../verbs/cache-core.ts'
import { callStore } from '../../verbs/call-store.ts'
import { compareAndSet, readVersioned } from '../../verbs/store-verbs.ts'

/** The form in which a wrapper keeps entries. */
export interface KeptForm {
  /** The key that the cache within is given for a whole key. */
  within(id: string): string
  /** An entry as it is to be kept from now on; `undefined` when it is to stay as it is. */
  anew(id: string, kept: Entry): Entry | undefined
}

/**
 * Writes entries anew in the form of a wrapper, with the life that they have left, and answers how many that were. An entry
 * that somebody changes meanwhile is looked at again, where the cache within is atomic.
 */
export function* rewritten(
  cache: CacheCore,
  inner: CacheCore,
  ids: Iterable<string> | AsyncIterable<string>,
  form: KeptForm,
): Flow<number> {
  const iterator = Symbol.asyncIterator in ids ? ids[Symbol.asyncIterator]() : ids[Symbol.iterator]()
  let count = 0
  for (;;) {
    const step = yield* wait<IteratorResult<string>>(callStore(cache, 'reencrypt', undefined, () => iterator.next()))
    if (step.done) return count
    if (yield* rewrite(cache, inner, step.value, form)) count++
  }
}

function* rewrite(cache: CacheCore, inner: CacheCore, id: string, form: KeptForm): Flow<boolean> {
  const key = id.slice(cache.prefix.length)
  const within = form.within(id)
  const done = yield* cache.loads.lockKey(id)
  try {
    for (;;) {
      const { entry, version } = yield* wait(callStore(cache, 'reencrypt', key, () => readVersioned(inner, within)))
      const anew = isFresh(entry, cache.now()) ? form.anew(id, entry) : undefined
      if (anew === undefined) return false
      if (yield* wait(callStore(cache, 'reencrypt', key, () => compareAndSet(inner, within, version, anew))))
        return true
    }
  } finally {
    done()
  }
}
