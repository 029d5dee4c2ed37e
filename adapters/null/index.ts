import { CacheAdapter } from '../../lib/adapter/cache-adapter.ts'
import { asOut } from '../../lib/core/flow.ts'
import type { AdapterOptions, Capabilities, Entry, Keys, Mode, Out } from '../../lib/core/types.ts'
import { ADAPTER_OPTIONS, refuseUnknownOptions } from '../../lib/entry/validate.ts'

const CAPABILITIES: Capabilities = {
  atomic: true,
  listsKeys: true,
  clears: true,
  shared: false,
  locks: false,
  millisecondExpiry: true,
}

/** Keeps nothing: caching switched off by configuration. Makers still run once for all who ask at the same time. */
abstract class NullAdapter<M extends Mode> extends CacheAdapter<M> {
  constructor(options: AdapterOptions = {}) {
    refuseUnknownOptions(options, ADAPTER_OPTIONS, new.target.name)
    super(options)
  }

  override get capabilities(): Capabilities {
    return CAPABILITIES
  }

  protected override get defaultPrefix(): string {
    return ''
  }

  protected read(_key: string): Out<M, Entry | undefined> {
    return asOut<M, undefined>(undefined)
  }

  protected write(_key: string, _entry: Entry): Out<M, void> {
    return asOut<M, void>(undefined)
  }

  protected drop(_keys: readonly string[]): Out<M, number> {
    return asOut(0)
  }

  protected list(_prefix: string): Keys<M> {
    return [] as Keys<Mode> as Keys<M>
  }

  protected wipe(_prefix: string): Out<M, void> {
    return asOut<M, void>(undefined)
  }

  close(): Out<M, void> {
    return asOut<M, void>(this.mode === 'sync' ? undefined : Promise.resolve())
  }
}

/** A cache that keeps nothing and answers at once. */
export class NullCache extends NullAdapter<'sync'> {
  static override readonly name: string = 'NullCache'
  readonly mode = 'sync'
}

/** A cache that keeps nothing and answers with promises. */
export class AsyncNullCache extends NullAdapter<'async'> {
  static override readonly name: string = 'AsyncNullCache'
  readonly mode = 'async'
}
