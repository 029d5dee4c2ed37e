import { asOut, run } from '../../core/flow.ts'
import type { Cache, Capabilities, Keys, Mode, Out } from '../../core/types.ts'
import { coreOf } from '../../verbs/cache-core.ts'
import { dropListed } from '../../verbs/keys.ts'
import { WrappedCache, type WrapperOptions } from '../base/wrapped.ts'
import { type Claims, claimsOn } from './name-collisions.ts'

/**
 * Keeps this cache's keys apart from its neighbours': every key is stored as `prefix + key`, behind the prefix of the adapter
 * within. Keys, clears and events stay inside, and speak the user's keys.
 *
 * Two live caches that claim one prefix in a store, or of whose prefixes one begins with the other (`a:` and `a:b:`), share
 * keys: that is told by a process warning (`POLYCACHE_PREFIX`), and the one with the shorter prefix neither lists nor clears
 * what is the other's. One that is wrapped around another is inside it, and is listed and cleared with it.
 *
 * Where the backend cannot list its keys (memcached), it cannot clear a prefix either: there `clear()` throws `Unsupported`,
 * and what is cleared together needs an adapter with a prefix of its own.
 */
export class PrefixedCache<M extends Mode = Mode> extends WrappedCache<M> {
  readonly #claims: Claims

  /** @param prefix text, not empty and without lone surrogates; throws a `TypeError` for any other */
  constructor(inner: Cache<M>, prefix: string, options: WrapperOptions = {}) {
    super(inner, { ...options, prefix: checked(prefix) })
    this.#claims = claimsOn(this)
    this.#claims.add(this)
  }

  override get capabilities(): Capabilities {
    const { capabilities } = this.inner
    const { clears, listsKeys } = capabilities
    return clears === listsKeys ? capabilities : { ...capabilities, clears: listsKeys }
  }

  protected override list(prefix: string): Keys<M> {
    const keys = super.list(prefix)
    const others = this.#claims.othersIn(this, prefix)
    return others.length === 0 ? keys : without(keys, others)
  }

  protected override wipe(prefix: string): Out<M, void> {
    if (this.#claims.othersIn(this, prefix).length === 0) return super.wipe(prefix)
    return asOut<M, void>(run(dropListed(coreOf(this), prefix)))
  }
}

function checked(prefix: string): string {
  if (typeof prefix !== 'string') {
    throw new TypeError(`The prefix of a cache must be text, not ${prefix === null ? 'null' : typeof prefix}.`)
  }
  if (prefix === '')
    throw new TypeError('The prefix of a cache must not be empty: it keeps its keys from those of others.')
  if (/\p{Surrogate}/u.test(prefix))
    throw new TypeError('The prefix of a cache must be well-formed: it has half a character.')
  return prefix
}

/** The keys that begin with none of some prefixes. */
function without<M extends Mode>(keys: Keys<M>, prefixes: readonly string[]): Keys<M> {
  const isOwn = (key: string) => !prefixes.some((prefix) => key.startsWith(prefix))
  const own: Iterable<string> | AsyncIterable<string> =
    Symbol.asyncIterator in keys ? filteredLater(keys, isOwn) : filtered(keys as Iterable<string>, isOwn)
  return own as Keys<Mode> as Keys<M>
}

function* filtered(keys: Iterable<string>, isOwn: (key: string) => boolean): Generator<string, void, undefined> {
  for (const key of keys) if (isOwn(key)) yield key
}

async function* filteredLater(
  keys: AsyncIterable<string>,
  isOwn: (key: string) => boolean,
): AsyncGenerator<string, void, undefined> {
  for await (const key of keys) if (isOwn(key)) yield key
}
