import { expect } from 'chai'
import { CacheTimeout } from '../../../lib/core/errors.ts'
import { Bench, failure, MODES, message } from './support.ts'

for (const mode of MODES) {
  describe(`SqliteStore (${mode}) that meets a lock`, function () {
    // Other processes have to start.
    this.timeout(30_000)
    let bench: Bench
    beforeEach(() => {
      bench = new Bench()
    })
    afterEach(() => bench.clear())

    it('times out writing while another process locks the file, still reads, and recovers', async () => {
      const store = bench.store(mode, { operationTimeout: '1s' })
      await store.save('k', 'v', null)
      const child = bench.child('lock', bench.path)
      expect(await message(child)).to.equal('locked')

      const started = performance.now()
      const error = await failure(() => store.save('k', 'w', null))
      expect(error).to.be.instanceOf(CacheTimeout)
      expect(error.message).to.include(bench.path)
      expect(performance.now() - started).to.be.within(400, 5000)
      expect(await store.load('k')).to.equal('v')

      child.send('release')
      expect(await message(child)).to.equal('released')
      await store.save('k', 'w', null)
      expect(await store.load('k')).to.equal('w')
      expect(bench.events()).to.deep.equal(['connect', 'recover'])
    })

    it('holds no lock itself after it has given up waiting for one', async () => {
      const store = bench.store(mode, { operationTimeout: '1s' })
      await store.save('k', 'v', null)
      const child = bench.child('lock', bench.path)
      await message(child)
      await failure(() => store.save('k', 'w', null))
      child.send('release')
      await message(child)

      expect(await store.compareAndSave('other', undefined, 'x', null)).to.equal(true)
      expect(await message(bench.child('lock', bench.path, '0'))).to.equal('locked')
    })

    it('waits for a lock that is released in time', async () => {
      const store = bench.store(mode)
      await store.save('k', 'v', null)
      const child = bench.child('lock', bench.path, '100')
      expect(await message(child)).to.equal('locked')
      await store.save('k', 'w', null)
      expect(await store.load('k')).to.equal('w')
    })

    it('fails fast while a lock is known to be held', async () => {
      const store = bench.store(mode, { operationTimeout: '1s' })
      await store.save('k', 'v', null)
      const child = bench.child('lock', bench.path)
      await message(child)
      await failure(() => store.save('k', 'w', null))

      const started = performance.now()
      for (let i = 0; i < 3; i++) expect(await failure(() => store.save('k', 'w', null))).to.be.instanceOf(CacheTimeout)
      expect(performance.now() - started).to.be.below(1200)
    })
  })
}

describe('SqliteStore (async) that has to wait', function () {
  this.timeout(30_000)
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.clear())

  it('does not block the event loop', async () => {
    const store = bench.store('async', { operationTimeout: '1s' })
    await store.save('k', 'v', null)
    await message(bench.child('lock', bench.path))
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    await failure(() => store.save('k', 'w', null))
    clearInterval(timer)
    expect(ticks).to.be.above(10)
  })

  it('reads at once while writing is known to be locked', async () => {
    const store = bench.store('async', { operationTimeout: '1s' })
    await store.save('k', 'v', null)
    await message(bench.child('lock', bench.path))
    await Promise.all(Array.from({ length: 20 }, () => failure(() => store.save('k', 'w', null))))
    for (let i = 0; i < 5; i++) {
      const refused = failure(() => store.save('k', 'w', null))
      expect(await store.load('k')).to.equal('v')
      expect(await refused).to.be.instanceOf(CacheTimeout)
    }
  })

  it('fails every waiting verb in time, and does not carry it out later', async () => {
    const store = bench.store('async', { operationTimeout: '1s' })
    await store.save('k', 'v', null)
    const child = bench.child('lock', bench.path)
    await message(child)
    const started = performance.now()
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`)
    const errors = await Promise.all(keys.map((key) => failure(() => store.save(key, 'w', null))))
    expect(performance.now() - started).to.be.below(5000)
    for (const error of errors) expect(error).to.be.instanceOf(CacheTimeout)

    child.send('release')
    await message(child)
    expect(await store.loadMany(keys)).to.deep.equal(keys.map(() => undefined))
  })
})
