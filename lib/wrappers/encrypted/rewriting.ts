import { type Flow, wait } from '../../core/flow.ts'
import type { Entry } from '../../core/types.ts'
import { isFresh } from '../../entry/entry.ts'
import type { Core } from '../../verbs/cache-core.ts'
import { ask } from '../../verbs/call-store.ts'
import { look, swap } from '../../verbs/store-verbs.ts'

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
  cache: Core,
  inner: Core,
  ids: Iterable<string> | AsyncIterable<string>,
  form: KeptForm,
): Flow<number> {
  const iterator = Symbol.asyncIterator in ids ? ids[Symbol.asyncIterator]() : ids[Symbol.iterator]()
  let count = 0
  for (;;) {
    const step = yield* wait<IteratorResult<string>>(ask(cache, 'reencrypt', undefined, () => iterator.next()))
    if (step.done) return count
    if (yield* rewrite(cache, inner, step.value, form)) count++
  }
}

function* rewrite(cache: Core, inner: Core, id: string, form: KeptForm): Flow<boolean> {
  const key = id.slice(cache.prefix.length)
  const within = form.within(id)
  const done = yield* cache.flights.turn(id)
  try {
    for (;;) {
      const { entry, mark } = yield* wait(ask(cache, 'reencrypt', key, () => look(inner, within)))
      const anew = isFresh(entry, cache.now()) ? form.anew(id, entry) : undefined
      if (anew === undefined) return false
      if (yield* wait(ask(cache, 'reencrypt', key, () => swap(inner, within, mark, anew)))) return true
    }
  } finally {
    done()
  }
}
