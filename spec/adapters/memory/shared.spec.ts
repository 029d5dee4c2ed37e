import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { collectGarbage } from '../../../bench/memory/heap.ts'
import { ConfigError, MemoryCache } from '../../../lib/index.ts'
import { child } from '../../support/child.ts'

/** Another thread with a cache of that name, that does what it is told. tsx does not reach threads by itself. */
class Thread {
  readonly #worker: Worker

  constructor(shared: string) {
    const code = `
      const { parentPort } = process.getBuiltinModule('node:worker_threads')
      import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(async ({ register }) => {
        register()
        const { MemoryCache } = await import(${JSON.stringify(new URL('../../../lib/index.ts', import.meta.url).href)})
        const cache = new MemoryCache({ shared: ${JSON.stringify(shared)} })
        parentPort.on('message', ([verb, ...args]) => parentPort.postMessage(cache[verb](...args)))
        parentPort.postMessage('ready')
      })
    `
    this.#worker = new Worker(code, { eval: true })
  }

  async ready(): Promise<this> {
    await once(this.#worker, 'message')
    return this
  }

  async do(...verb: [string, ...unknown[]]): Promise<unknown> {
    this.#worker.postMessage(verb)
    const [answer] = await once(this.#worker, 'message')
    return answer
  }

  end(): Promise<unknown> {
    return this.#worker.terminate()
  }
}

/** News takes a moment to come from another thread. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000
  while (!(await isSo())) {
    if (performance.now() > end) expect.fail('the news did not come')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

let names = 0
const newName = (): string => `spec ${names++}`

describe('caches with one name', () => {
  describe('in threads', function () {
    this.timeout(20_000)
    let thread: Thread
    let cache: MemoryCache

    beforeEach(async () => {
      const name = newName()
      cache = new MemoryCache({ shared: name })
      thread = await new Thread(name).ready()
    })

    afterEach(() => thread.end())

    /** Waits until all news of the thread has come. */
    async function heard(): Promise<void> {
      cache.getOrSet('sign', () => 1)
      await thread.do('set', 'sign', 1)
      await until(() => !cache.has('sign'))
    }

    /** Waits until the thread has all news of this one. */
    async function heardThere(): Promise<void> {
      await thread.do('getOrSet', 'sign there', 1)
      cache.set('sign there', 1)
      await until(async () => (await thread.do('has', 'sign there')) === false)
    }

    for (const change of [
      ['set', 'k', 'new'],
      ['setMany', { k: 1 }],
      ['remove', 'k'],
      ['pull', 'k'],
      ['increment', 'k'],
      ['updateTimeout', 'k', 90],
      ['clear'],
      ['clear', 'k'],
    ] as [string, ...unknown[]][]) {
      it(`drop what another thread has changed by ${change[0]}(${change.slice(1).map((one) => JSON.stringify(one))})`, async () => {
        cache.set('k', 1)
        await heardThere()
        await thread.do('getOrSet', 'k', 1)
        await heard()
        expect(cache.get('k')).to.equal(1)
        await thread.do(...change)
        await heard()
        expect(cache.has('k')).to.equal(false)
      })
    }

    it('leave others alone, and what a thread makes for itself', async () => {
      cache.setMany({ mine: 1, theirs: 1 })
      await heardThere()
      expect(await thread.do('getOrSet', 'theirs', 2)).to.equal(2)
      expect(await thread.do('get', 'theirs')).to.equal(2)
      await thread.do('set', 'another', 2)
      await heard()
      expect(cache.getMany(['mine', 'theirs'])).to.deep.equal([1, 1])
    })

    it('do not keep what was being made while another thread changed it', async () => {
      let finish = (_: string): void => {}
      const made = cache.getOrSet('k', () => new Promise<string>((resolve) => (finish = resolve)))
      await thread.do('remove', 'k')
      await heard()
      finish('old')
      expect(await made).to.equal('old')
      expect(cache.has('k')).to.equal(false)
    })

    it('tell of many changes', async () => {
      for (let i = 0; i < 3500; i++) cache.getOrSet(`key ${i}`, i)
      const values = Object.fromEntries(Array.from({ length: 3500 }, (_, i) => [`key ${i}`, 1]))
      await thread.do('setMany', values)
      await heard()
      expect(cache.store.size).to.equal(0)
    })
  })

  describe('in one thread', () => {
    it('drop what another has changed at the end of the run of code', async () => {
      const shared = newName()
      const [one, other] = [new MemoryCache({ shared }), new MemoryCache({ shared })]
      const stranger = new MemoryCache({ shared: newName() })
      other.set('k', 1)
      await null
      stranger.set('k', 1)
      one.set('k', 2)
      await null
      expect([one.get('k'), other.get('k'), stranger.get('k')]).to.deep.equal([2, undefined, 1])
    })

    it('keep what is in a store that they have in common', async () => {
      const shared = newName()
      const one = new MemoryCache({ shared })
      const other = new MemoryCache({ shared, store: one.store })
      one.set('k', 1)
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(other.get('k')).to.equal(1)
    })

    it('are told apart from those with another prefix', async () => {
      const shared = newName()
      const one = new MemoryCache({ shared, prefix: 'a:' })
      const other = new MemoryCache({ shared, prefix: 'b:' })
      other.set('k', 1)
      await null
      one.set('k', 2)
      one.clear()
      await null
      expect(other.get('k')).to.equal(1)
    })

    it('are let go of like any other', async () => {
      const shared = newName()
      const reference = ((): WeakRef<MemoryCache> => new WeakRef(new MemoryCache({ shared })))()
      for (let i = 0; i < 5 && reference.deref() !== undefined; i++) await collectGarbage()
      expect(reference.deref()).to.equal(undefined)
    })
  })

  it('need a name', () => {
    expect(() => new MemoryCache({ shared: '' })).to.throw(ConfigError, 'shared')
  })

  it('keep no process alive', async function () {
    this.timeout(30_000)
    const { code, stdout } = await child(`
      import { MemoryCache } from './lib/index.ts'
      new MemoryCache({ shared: 'x' }).set('k', 1)
      console.log('done')
    `)
    expect([code, stdout.trim()]).to.deep.equal([0, 'done'])
  })
})
