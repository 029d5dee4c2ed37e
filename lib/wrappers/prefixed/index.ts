import { asOut, run } from '../../core/flow.ts'
import type { Cache, Capabilities, Keys, Mode, Out } from '../../core/types.ts'
import { coreOf } from '../../verbs/cache-core.ts'
import { dropListed } from '../../verbs/keys.ts'
import { ForwardingCache } from '../base/forwarding.ts'
import { checkOptions, type WrapperOptions } from '../base/wrapped.ts'
import { type PrefixRegistry, registryOf } from './prefix-registry.ts'

/**
 * Gives a cache a key space of its own: every key is stored as `prefix + key`, after the prefix of the wrapped adapter.
 * Keys, clears and events stay inside it and use the user's keys.
 *
 * Two live caches with the same prefix in one store, or with prefixes of which one begins with the other (`a:` and `a:b:`),
 * share keys. A process warning (`POLYCACHE_PREFIX`) reports it, and the cache with the shorter prefix neither lists nor
 * clears the keys of the other. A cache that is wrapped around another one is part of it, and is listed and cleared with it.
 *
 * A backend that cannot list its keys (memcached) cannot clear a prefix: `clear()` throws `Unsupported` there. Entries that
 * are cleared together need an adapter with a prefix of its own.
 */
export class PrefixedCache<M extends Mode = Mode> extends ForwardingCache<M> {
  static override readonly name: string = 'PrefixedCache'
  readonly #registry: PrefixRegistry

  /** @param prefix text, not empty and without lone surrogates; anything else throws a `TypeError` */
  constructor(inner: Cache<M>, prefix: string, options: WrapperOptions = {}) {
    checkOptions(options, [], 'PrefixedCache')
    super(inner, { ...options, prefix: checked(prefix) })
    this.#registry = registryOf(this)
    this.#registry.add(this)
  }

  override get capabilities(): Capabilities {
    const { capabilities } = this.inner
    const { clears, listsKeys } = capabilities
    return clears === listsKeys ? capabilities : { ...capabilities, clears: listsKeys }
  }

  protected override list(prefix: string): Keys<M> {
    const keys = super.list(prefix)
    const isForeign = this.#registry.ownersWithin(this, prefix)
    if (isForeign === undefined) return keys
    const own =
      this.mode === 'sync' ? eachOwn(keys as Keys<'sync'>, isForeign) : eachOwnAsync(keys as Keys<'async'>, isForeign)
    return own as Keys<Mode> as Keys<M>
  }

  protected override wipe(prefix: string): Out<M, void> {
    if (this.#registry.ownersWithin(this, prefix) === undefined) return super.wipe(prefix)
    return asOut<M, void>(run(dropListed(coreOf(this), prefix)))
  }
}

function checked(prefix: string): string {
  if (typeof prefix !== 'string') {
    throw new TypeError(`The prefix of a cache must be text, not ${prefix === null ? 'null' : typeof prefix}.`)
  }
  if (prefix === '') throw new TypeError('The prefix of a cache must not be empty: it separates its keys from others.')
  if (/\p{Surrogate}/u.test(prefix)) {
    throw new TypeError('The prefix of a cache must be well-formed text: it contains half a character.')
  }
  return prefix
}

function* eachOwn(keys: Iterable<string>, isForeign: (key: string) => boolean): Generator<string, void, undefined> {
  for (const key of keys) if (!isForeign(key)) yield key
}

async function* eachOwnAsync(
  keys: AsyncIterable<string>,
  isForeign: (key: string) => boolean,
): AsyncGenerator<string, void, undefined> {
  for await (const key of keys) if (!isForeign(key)) yield key
}
