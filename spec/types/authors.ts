import {
  adapterSet,
  BytesAdapter,
  type Cache,
  CacheAdapter,
  type Entry,
  type EventMap,
  type Mode,
  type Out,
  type Wire,
  WrappedCache,
} from '../../lib/index.ts'
import { type AsyncChaosCache, ChaosCache, conforms, FakeClock } from '../../lib/testing/index.ts'
import { type Equal, is } from './is.ts'

/** The four verbs are enough. */
class MapCache extends CacheAdapter<'sync'> {
  readonly mode = 'sync'
  readonly #map = new Map<string, Entry>()

  read(key: string): Entry | undefined {
    return this.#map.get(key)
  }

  write(key: string, entry: Entry): void {
    this.#map.set(key, entry)
  }

  drop(keys: readonly string[]): number {
    return keys.filter((key) => this.#map.delete(key)).length
  }

  close(): void {}
}

/** So are those of a store of bytes, in the other colour. */
class AsyncBytesCache extends BytesAdapter<'async'> {
  readonly mode = 'async'

  async load(_key: string): Promise<Wire | undefined> {
    return undefined
  }

  async save(_key: string, wire: Wire, keepFor: number | null): Promise<void> {
    is<Equal<typeof wire, string | Uint8Array>>()
    is<Equal<typeof keepFor, number | null>>()
  }

  async drop(_keys: readonly string[]): Promise<number> {
    return 0
  }

  async close(): Promise<void> {}
}

// Users' verbs come with them, in the colour of the mode.
const found = new MapCache().get<number>('n')
is<Equal<typeof found, number | undefined>>()
const foundLater = new AsyncBytesCache().get<number>('n')
is<Equal<typeof foundLater, Promise<number | undefined>>>()
const installed = adapterSet(new MapCache({ timeout: '1h' }))
is<Equal<typeof installed, MapCache>>()
// @ts-expect-error An asynchronous one is none for `cached`.
adapterSet(new AsyncBytesCache())

// A verb of the wrong colour is an error where it is written.
abstract class Wrong extends CacheAdapter<'sync'> {
  readonly mode = 'sync'
  // @ts-expect-error A synchronous store gives no promise.
  async read(_key: string): Promise<Entry | undefined> {
    return undefined
  }
}

// An adapter over an adapter takes any colour, and has it.
class Shouting<M extends Mode> extends WrappedCache<M> {
  override read(key: string): Out<M, Entry | undefined> {
    return super.read(key.toUpperCase())
  }

  override write(key: string, entry: Entry): Out<M, void> {
    return super.write(key.toUpperCase(), entry)
  }

  override drop(keys: readonly string[]): Out<M, number> {
    return super.drop(keys.map((key) => key.toUpperCase()))
  }
}

const loud = new Shouting(new MapCache())
is<Equal<typeof loud, Shouting<'sync'>>>()
const heard = loud.get<number>('n')
is<Equal<typeof heard, number | undefined>>()
const loudLater = new Shouting(new AsyncBytesCache())
is<Equal<ReturnType<typeof loudLater.has>, Promise<boolean>>>()
const asCache: Cache<'async'> = loudLater

// Events say what they are about.
loud.on('hit', ({ key, adapter }) => is<Equal<[typeof key, typeof adapter], [string | undefined, string]>>())
loud.on('backendError', (event) => is<Equal<typeof event, EventMap['backendError']>>())
loud.on('corruptFile', ({ movedTo }) => is<Equal<typeof movedTo, string>>())
const chained = loud.on('miss', () => {}).off('miss', () => {})
is<Equal<typeof chained, Shouting<'sync'>>>()
// @ts-expect-error There is no such event.
loud.on('hits', () => {})

// The testing kit takes both colours.
conforms((options) => new MapCache(options))
conforms(async (options) => new AsyncBytesCache(options))
new MapCache({ clock: new FakeClock() })
new MapCache({ clock: Date })
new MapCache({ clock: () => 0 })
is<Equal<ReturnType<ChaosCache['has']>, boolean>>()
is<Equal<ReturnType<AsyncChaosCache['has']>, Promise<boolean>>>()
new ChaosCache({ failures: 0.5 }, { onBackendError: 'miss' })
// @ts-expect-error There are three policies.
new MapCache({ onBackendError: 'ignore' })

export { asCache, Wrong }
