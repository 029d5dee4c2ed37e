import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { bridged, closeAll, far, thrownBy, workerOf } from './support.ts'

describe('a bridged store', () => {
  // Most of them share a worker, because it takes a second to start one where TypeScript runs as it is.
  after(closeAll)

  it('answers at once with what the asynchronous store in the worker keeps', () => {
    const { store } = bridged()
    store.save('text', 'hällo \ud800', null)
    store.save('bytes', new Uint8Array([0, 1, 255]), null)

    expect(store.load('text')).to.equal('hällo \ud800')
    expect([...(store.load('bytes') as Uint8Array)]).to.deep.equal([0, 1, 255])
    expect(store.load('nothing')).to.equal(undefined)
    expect(store.drop(['text', 'nothing'])).to.equal(1)
    expect(store.load('text')).to.equal(undefined)
  })

  it('hands on how long to keep something', () => {
    const { store } = bridged()
    store.save('k', 'v', 1500)
    expect(store.load('k:keepFor')).to.equal('1500')
  })

  it('leaves the bytes of the caller as they are, and sends no more of their buffer', () => {
    const { store } = bridged()
    for (const size of [10, 2_000_000]) {
      const buffer = new ArrayBuffer(size + 100)
      const bytes = new Uint8Array(buffer, 50, size).fill(7)
      store.save('k', bytes, null)
      const loaded = store.load('k') as Uint8Array

      expect(bytes.length).to.equal(size)
      expect(Buffer.compare(loaded, bytes)).to.equal(0)
      expect(loaded.buffer.byteLength).to.equal(size)
      expect((store.load('k') as Uint8Array).length, 'the store keeps its own').to.equal(size)
    }
  })

  it('loads and saves many in one go', () => {
    const { store } = bridged()
    store.saveMany([
      ['a', 'text', null],
      ['b', new Uint8Array([1]), 1000],
    ])
    const [a, missing, b] = store.loadMany(['a', 'missing', 'b'])
    expect([a, missing, (b as Uint8Array)[0]]).to.deep.equal(['text', undefined, 1])
  })

  it('puts something in place of the state that it has seen, and of no other', () => {
    const { store } = bridged()
    store.save('k', 'one', null)
    const { wire, version } = store.loadVersioned('k')
    expect(wire).to.equal('one')
    expect(store.compareAndSave('k', version, new Uint8Array([2]), null)).to.equal(true)
    expect(store.compareAndSave('k', version, 'three', null)).to.equal(false)
    expect([...(store.load('k') as Uint8Array)]).to.deep.equal([2])
  })

  it('lists keys page by page', () => {
    const store = far({ listed: 2500 })
    const keys = [...store.list('p:')]
    expect(keys.length).to.equal(2500)
    expect(new Set(keys).size).to.equal(2500)
    expect(keys[2499]).to.equal('p:2499')
  })

  it('ends a listing in the worker that nobody follows to its end', () => {
    const store = far({ listed: 2500 })
    for (const key of store.list('')) if (key === '7') break
    expect(store.load('listing ended')).to.equal('yes')
  })

  it('wipes what begins with a prefix', () => {
    const { store } = bridged()
    store.saveMany([
      ['a:1', 'x', null],
      ['b:1', 'x', null],
    ])
    store.wipe('a:')
    expect(store.loadMany(['a:1', 'b:1'])).to.deep.equal([undefined, 'x'])
  })

  it('says what the store in the worker can do', () => {
    expect(bridged().store.capabilities).to.include({ atomic: true, listsKeys: true, shared: false })
  })

  it('has no verb that the store in the worker lacks and that the others cannot stand in for', () => {
    const store = far({ verbs: ['list'] })
    expect(store.list).to.be.a('function')
    expect([store.loadVersioned, store.compareAndSave, store.wipe]).to.deep.equal([undefined, undefined, undefined])
    store.connect()
    store.ping()
    store.saveMany([['a', 'x', null]])
    expect(store.loadMany(['a'])).to.deep.equal(['x'])
  })

  it('starts its worker at first use', async () => {
    const store = far({ verbs: [] })
    let workers = 0
    const count = (): void => void workers++
    process.on('worker', count)
    await turn()
    expect(workers).to.equal(0)
    store.ping()
    await turn()
    process.off('worker', count)
    expect(workers).to.equal(1)
  })

  it('shares the worker with stores of the same module and options, until the last is closed', async () => {
    const one = far({ listed: 1 })
    const other = far({ listed: 1 })
    const stranger = far({ listed: 2 })
    const worker = await workerOf(() => one.save('k', 'v', null))
    expect(other.load('k')).to.equal('v')
    expect(stranger.load('k')).to.equal(undefined)

    one.close()
    one.close()
    expect(other.load('k')).to.equal('v')
    const gone = once(worker, 'exit')
    other.close()
    await gone
    expect(other.load('k'), 'a new worker knows nothing').to.equal(undefined)
  })

  it('tells the events of the store, with the answer during which they came or when the loop turns', async () => {
    const { store, events } = bridged()
    store.connect()
    expect(events).to.deep.equal([['connect', undefined, {}]])

    store.load('!event later')
    while (events.length === 1) await turn()
    expect(events[1]).to.deep.equal(['recover', undefined, {}])
  })

  it('tells an event about a key to the store that asked for it, and any other to all', () => {
    const one = bridged({ name: 'default' })
    const other = bridged({ name: 'default' })
    other.store.ping()
    one.store.connect()
    one.store.load('!event')

    expect(other.events.map(([event]) => event)).to.deep.equal(['connect'])
    const [event, key, facts] = one.events[1]!
    expect([event, key]).to.deep.equal(['decodeError', '!event'])
    expect((facts as { error: Error }).error).to.include({ name: 'CoderError', message: 'unreadable' })
  })

  it('lets a listener ask something itself', () => {
    const seen: unknown[] = []
    const { store } = bridged()
    const asking = bridged({}, 'FarCache')
    store.save('k', 'v', null)
    asking.events.push = () => seen.push(store.load('k'))
    asking.store.connect()
    expect(seen).to.deep.equal(['v'])
  })

  it('refuses options that cannot cross, by name', () => {
    const client = { socket: { write() {} } }
    const error = thrownBy(() => bridged({ options: { client } }))
    expect(error).to.include({ name: 'ConfigError', code: 'E_CONFIG' })
    expect(error.message).to.match(/^options\.client\.socket\.write cannot cross .* asyncCached/)
  })

  it('refuses a module that is named relatively', () => {
    const error = thrownBy(() => bridged({ module: './store.ts' }))
    expect(error.name).to.equal('ConfigError')
    expect(error.message).to.match(/"\.\/store\.ts".*import\.meta\.url/)
  })
})

describe('a bridged adapter of entries', () => {
  const module = new URL('./fixtures/adapters.ts', import.meta.url)
  after(closeAll)

  it('keeps bytes and text as the values of entries', () => {
    const { store } = bridged({ module, name: 'EntryCache' })
    store.save('text', 'v', 1500)
    store.saveMany([['bytes', new Uint8Array([1, 2]), null]])

    expect(store.load('text')).to.equal('v')
    expect([...(store.loadMany(['bytes'])[0] as Uint8Array)]).to.deep.equal([1, 2])
    expect(store.loadMany(['text:life', 'bytes:life'])).to.deep.equal(['1500', 'for ever'])
    expect(store.drop(['text', 'nothing'])).to.equal(1)
  })

  it('gives text that no coder reads for what it did not store', () => {
    expect(bridged({ module, name: 'EntryCache' }).store.load('foreign')).to.equal('')
  })

  it('tells the events of the adapter that are about its backend, as its own', () => {
    const { store, events } = bridged({ module, name: 'EntryCache', options: { prefix: 'other:' } })
    store.load('k')
    store.close()
    expect(events).to.deep.equal([['disconnect', undefined, {}]])
  })

  it('is atomic where the adapter is, whatever its marks are', () => {
    expect(bridged({ module, name: 'EntryCache' }).store.compareAndSave).to.equal(undefined)

    const { store } = bridged({ module, name: 'AtomicEntryCache' })
    const { version } = store.loadVersioned('k')
    expect(store.compareAndSave('k', version, 'one', null)).to.equal(true)
    expect(store.compareAndSave('k', version, 'two', null)).to.equal(false)
    const seen = store.loadVersioned('k')
    store.save('k', 'other', null)
    expect(store.compareAndSave('k', seen.version, 'three', null)).to.equal(false)
    expect(store.load('k')).to.equal('other')
  })

  it('says which exports there are when none is the one', () => {
    const unnamed = thrownBy(() => bridged({ module }).store.ping())
    expect(unnamed.name).to.equal('ConfigError')
    expect(unnamed.message).to.contain('AtomicEntryCache, EntryCache, nothing')

    const nothing = thrownBy(() => bridged({ module, name: 'nothing' }).store.ping())
    expect(nothing.name).to.equal('ConfigError')
    expect(nothing.message).to.contain('did not create a store')
  })
})
