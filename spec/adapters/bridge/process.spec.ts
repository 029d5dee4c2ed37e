import { expect } from 'chai'
import { child } from '../../support/child.ts'

/** How the scripts below get a store. */
const BEGIN = `
  import { BridgedStore } from './adapters/bridge/caller/store.ts'
  const far = new URL('./spec/adapters/bridge/fixtures/far-store.ts', 'file://' + process.cwd() + '/')
  const shares = []
  const emit = (event, _, facts) => {
    if (event === 'blocking') shares.push(facts.share)
    else console.log('event', event, JSON.stringify(facts))
  }
  const bridged = (module = far, options = {}) =>
    new BridgedStore({ module, options, operationTimeout: 2000 }, { adapter: 'FarCache', emit })
`

describe('a process with a bridge', () => {
  it('ends by itself, although the bridge is open', async () => {
    const { code, stdout, timedOut } = await child(`${BEGIN}
      bridged().save('k', 'v', null)
      bridged(undefined, { listed: 1 }).connect()
    `)
    expect({ code, stdout, timedOut }).to.deep.equal({ code: 0, stdout: 'event connect {}\n', timedOut: false })
  })

  it('ends although the worker is stuck, or its store does not answer', async () => {
    const { code, stdout, timedOut } = await child(`${BEGIN}
      for (const key of ['!never', '!loop', 'k']) {
        try { bridged().load(key) } catch (error) { console.log(error.name) }
      }
    `)
    expect({ code, timedOut }).to.deep.equal({ code: 0, timedOut: false })
    expect(stdout.match(/^CacheTimeout$/gm)?.length).to.equal(3)
  })

  it('may use it in exit handlers, even for the first time, and close it there', async () => {
    const { code, stdout } = await child(`${BEGIN}
      const store = bridged()
      store.save('k', 'v', null)
      process.on('exit', () => {
        console.log(store.load('k'))
        store.close()
        const late = bridged(undefined, { listed: 1 })
        late.save('late', 'too', null)
        console.log(late.load('late'))
        late.close()
      })
    `)
    expect({ code, stdout }).to.deep.equal({
      code: 0,
      stdout: 'v\nevent disconnect {}\ntoo\nevent disconnect {}\n',
    })
  })

  it('may use it in worker threads, each with a bridge of its own', async () => {
    const { code, stdout } = await child(`
      ${BEGIN}
      const outer = bridged(new URL('./nested.ts', far), { far: far.href })
      outer.save('k', 'nested', null)
      bridged().save('k', 'own', null)
      console.log(outer.load('k'), bridged().load('k'))
    `)
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'nested own\n' })
  })

  it('hears what the worker writes to the console when its loop turns', async () => {
    const { stdout } = await child(`${BEGIN}
      bridged(new URL('./plain-store.mjs', far)).connect()
      console.log('first')
      setTimeout(() => {}, 200)
    `)
    expect(stdout).to.equal('event connect {}\nfirst\nthe worker speaks\n')
  })

  it('is warned once when waiting takes much of its time, and told by an event', async () => {
    const { stdout, stderr } = await child(`${BEGIN}
      const store = bridged()
      for (let i = 0; i < 3; i++) store.load('!slow')
      const start = performance.now()
      while (performance.now() < 1500 || performance.now() - start < 100) store.load('k')
      console.log('shares', shares)
    `)
    expect(stderr.match(/POLYCACHE_BLOCKING/g)?.length).to.equal(1)
    expect(stdout).to.match(/^shares \[ 0\.\d+ \]\n$/)
  })
})
