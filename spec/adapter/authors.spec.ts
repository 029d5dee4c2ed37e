import { expect } from 'chai'
import { BytesAdapter, CacheAdapter, type Entry, Unsupported, type Wire } from '../../lib/index.ts'
import { conforms } from '../../lib/testing/index.ts'

/** The least that an author writes. */
class FourVerbs extends CacheAdapter<'sync'> {
  readonly mode = 'sync'
  readonly map = new Map<string, Entry>()

  read(key: string) {
    return this.map.get(key)
  }

  write(key: string, entry: Entry) {
    this.map.set(key, entry)
  }

  drop(keys: readonly string[]) {
    return keys.filter((key) => this.map.delete(key)).length
  }

  close() {}
}

/** The same, of a backend that can list. */
class Listing extends FourVerbs {
  *list(prefix: string) {
    for (const key of this.map.keys()) if (key.startsWith(prefix)) yield key
  }
}

/** The least that the author of a byte store writes, in the other colour. */
class Bytes extends BytesAdapter<'async'> {
  readonly mode = 'async'
  readonly map = new Map<string, Uint8Array>()

  async load(key: string) {
    return this.map.get(key)
  }

  async save(key: string, bytes: Wire) {
    expect(bytes).to.be.instanceOf(Uint8Array)
    this.map.set(key, Uint8Array.from(bytes as Uint8Array))
  }

  async drop(keys: readonly string[]) {
    return keys.filter((key) => this.map.delete(key)).length
  }

  async close() {}
}

/** Writes many at once, and answers nothing, as synchronous stores do. */
class AtOnce extends FourVerbs {
  written = 0

  override write(key: string, entry: Entry) {
    this.written++
    super.write(key, entry)
  }

  writeMany(entries: readonly (readonly [string, Entry])[]) {
    for (const [key, entry] of entries) this.write(key, entry)
  }
}

describe('an adapter of four verbs', () => {
  conforms((options) => new FourVerbs(options))

  it('writes each of many once when it writes them together', () => {
    const cache = new AtOnce()
    cache.setMany({ a: 1, b: 2 })
    expect(cache.written).to.equal(2)
  })

  it('says what it cannot do', () => {
    const cache = new FourVerbs()
    expect(() => cache.keys()).to.throw(Unsupported, 'FourVerbs does not support keys')
    expect(() => cache.clear()).to.throw(Unsupported, 'FourVerbs does not support clear')
    expect(cache.capabilities).to.include({ atomic: false, listsKeys: false, clears: false })
  })
})

describe('an adapter that lists', () => {
  conforms((options) => new Listing(options))

  it('clears by what it lists, and only under its prefix', () => {
    const cache = new Listing({ prefix: 'mine:' })
    cache.set('k', 1)
    cache.map.set('other', { value: 1, created: 0, expires: null, until: null })
    expect([...cache.keys()]).to.deep.equal(['k'])
    cache.clear()
    expect([...cache.map.keys()]).to.deep.equal(['other'])
  })
})

describe('a byte store of four verbs', () => {
  conforms((options) => new Bytes(options))
})
