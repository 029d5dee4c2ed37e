import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { ConnectionFailed, MissingDependency } from '../../../lib/core/errors.ts'
import { bridged, closeAll, thrownBy, workerOf } from './support.ts'

/** The time that stores may take which will not answer, in ms. */
const SHORT = 100

describe('a bridge whose worker fails', () => {
  afterEach(closeAll)

  for (const [how, key, cause] of [
    ['exits', '!exit', undefined],
    ['throws later', '!crash', 'out of the blue'],
    ['forgets a rejected promise', '!reject', 'forgotten promise'],
  ] as const) {
    it(`says so at once when the worker ${how}, and works again at the next call`, () => {
      const { store, events } = bridged()
      store.save('k', 'v', null)
      const start = performance.now()
      const error = thrownBy(() => store.load(key))

      expect(performance.now() - start).to.be.below(1500)
      expect(error).to.be.instanceOf(ConnectionFailed)
      expect(error.message).to.match(/^The worker thread of FarCache ended/)
      expect((error.cause as Error | undefined)?.message).to.equal(cause)
      expect(store.load('k')).to.equal(undefined)
      expect(events).to.deep.equal([])
    })
  }

  it('is no slower than its time-out when the worker is terminated, and works again at the next call', async () => {
    const { store, events } = bridged({ operationTimeout: SHORT })
    const worker = await workerOf(() => store.ping())
    void worker.terminate()
    expect(thrownBy(() => store.ping())).to.include({ name: 'CacheTimeout', code: 'E_TIMEOUT' })
    store.save('k', 'v', null)
    expect(store.load('k')).to.equal('v')
    await turn()
    expect(events).to.deep.equal([])
  })

  it('notices a termination when the loop turns, and tells', async () => {
    const { store, events } = bridged({ operationTimeout: SHORT })
    const worker = await workerOf(() => store.ping())
    await worker.terminate()
    expect(events.map(([event]) => event)).to.deep.equal(['error'])
    expect((events[0]![2] as { error: Error }).error).to.be.instanceOf(ConnectionFailed)
    store.ping()
  })

  it('gives up a worker that is stuck', async () => {
    const { store } = bridged({ operationTimeout: SHORT })
    const worker = await workerOf(() => store.ping())
    const gone = once(worker, 'exit')
    expect(thrownBy(() => store.load('!loop')).name).to.equal('CacheTimeout')
    const error = thrownBy(() => store.ping())
    expect(error.name).to.equal('CacheTimeout')
    expect(error.message).to.contain('stuck')
    store.ping()
    await gone
  })

  it('keeps a worker whose store does not answer once', () => {
    const { store } = bridged({ operationTimeout: SHORT })
    store.save('k', 'v', null)
    const error = thrownBy(() => store.load('!never'))
    expect(error).to.include({
      name: 'CacheTimeout',
      message: 'FarCache had no answer from its worker thread within 300 ms.',
    })
    expect(store.load('k')).to.equal('v')
  })

  it('never takes a late answer for that to another question', async () => {
    const { store } = bridged({ operationTimeout: SHORT })
    const patient = bridged().store
    expect(thrownBy(() => store.load('!slow!a')).name).to.equal('CacheTimeout')
    expect(patient.load('!slow!b')).to.equal('the answer to !slow!b')

    expect(thrownBy(() => store.load('!slow!c')).name).to.equal('CacheTimeout')
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(patient.load('nothing')).to.equal(undefined)
  })

  it('closes a store that does not close, by ending its worker', async () => {
    const module = dataModule(
      'export default () => ({ load() {}, save() {}, drop() {}, close: () => new Promise(() => {}) })',
    )
    const { store, events } = bridged({ module, operationTimeout: SHORT })
    const worker = await workerOf(() => store.ping())
    const gone = once(worker, 'exit')
    store.close()
    await gone
    expect(events.map(([event]) => event)).to.deep.equal(['error'])
  })
})

describe('a bridge whose worker does not start', () => {
  afterEach(closeAll)

  it('says that the module is not there', () => {
    const { store } = bridged({ module: new URL('./fixtures/nowhere.ts', import.meta.url) })
    const error = thrownBy(() => store.ping())
    expect(error).to.include({ name: 'ConfigError', code: 'E_CONFIG' })
    expect(error.message).to.contain('fixtures/nowhere.ts')
  })

  it('says what the module threw', () => {
    const error = thrownBy(() => bridged({ module: dataModule('throw new RangeError("not today")') }).store.ping())
    expect(error.name).to.equal('ConfigError')
    expect(error.cause).to.be.instanceOf(RangeError).with.property('message', 'not today')
  })

  it('throws on what the module throws of ours', () => {
    const maker = `export default () => {
      throw new (class MissingDependency extends Error { code = 'E_MISSING_DEPENDENCY'; dependency = 'a-client' })('install it')
    }`
    const error = thrownBy(() => bridged({ module: dataModule(maker) }).store.ping())
    expect(error).to.be.instanceOf(MissingDependency)
    expect(error).to.include({ dependency: 'a-client', message: 'install it' })
  })

  it('says so when the module ends the thread', () => {
    const error = thrownBy(() => bridged({ module: dataModule('process.exit()') }).store.ping())
    expect(error).to.be.instanceOf(ConnectionFailed)
  })

  it('tries again at the next call', () => {
    const { store } = bridged({ module: dataModule('throw new Error("no")') })
    for (let i = 0; i < 2; i++) expect(thrownBy(() => store.ping()).name).to.equal('ConfigError')
  })
})

function dataModule(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`)
}
