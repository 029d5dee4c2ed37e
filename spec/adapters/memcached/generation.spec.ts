import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Generation, type Reserved } from '../../../adapters/memcached/generation.ts'
import { ConnectionFailed, Unsupported } from '../../../lib/core/errors.ts'
import { type Address, memcached } from '../../support/servers.ts'
import { closeAll, failureOf, type Opened, open, raw, storedKey, text } from './support.ts'

const MINUTE = 60_000

describe('Clearing a prefix in memcached', () => {
  let server: Address
  let opened: Opened
  beforeEach(async () => {
    server = await memcached()
    opened = open(server)
    await save('a', '1')
  })
  afterEach(closeAll)

  const save = (name: string, wire: string, of = opened) => of.store.save(of.prefix + name, wire, MINUTE)
  const load = async (name: string, of = opened) => text(await of.store.load(of.prefix + name))
  const clear = (of = opened) => of.store.wipe(of.prefix)

  it('leaves nothing of it, and all of the others', async () => {
    const neighbour = open(server, { prefix: opened.prefix.slice(0, -1) })
    const foreign = randomUUID()
    await save('a', 'neighbour', neighbour)
    await raw(server, `set ${foreign} 0 60 3\r\nyes\r\n`)
    const seen = await opened.store.loadVersioned(`${opened.prefix}a`)

    await clear()
    expect(await load('a')).to.equal(undefined)
    expect(await opened.store.drop([`${opened.prefix}a`])).to.equal(0)
    expect(await opened.store.compareAndSave(`${opened.prefix}a`, seen.version, 'revived', MINUTE)).to.equal(false)
    expect(await load('a', neighbour)).to.equal('neighbour')
    expect(await raw(server, `get ${foreign}\r\n`)).to.include('yes')

    await save('a', '2')
    expect(await load('a')).to.equal('2')
  })

  it('takes effect in the order of the calls', async () => {
    const answers = await Promise.all([
      save('b', '1'),
      clear(),
      load('b'),
      save('b', '2'),
      load('b'),
      clear(),
      load('b'),
    ])
    expect(answers).to.deep.equal([undefined, undefined, undefined, undefined, '2', undefined, undefined])
  })

  it('is seen at once by every cache of the process with that prefix', async () => {
    const other = open(server, { prefix: opened.prefix })
    expect(await load('a', other)).to.equal('1')
    await clear()
    expect(await load('a', other)).to.equal(undefined)
  })

  it('by another process is seen within a second', async () => {
    await raw(server, `set ${opened.prefix}@generation 0 0 12\r\nanother_one_\r\n`)
    await sleep(1050)
    expect(await load('a')).to.equal(undefined)
    await save('a', '2')
    expect(await raw(server, `get ${opened.prefix}a@another_one_\r\n`)).to.include('2')
  })

  it('is what the loss of its generation amounts to', async () => {
    const before = await storedKey(server, opened.prefix, 'a')
    await raw(server, `delete ${opened.prefix}@generation\r\n`)
    await sleep(1050)
    expect(await load('a')).to.equal(undefined)
    await save('a', '2')
    expect(await load('a')).to.equal('2')
    expect(await storedKey(server, opened.prefix, 'a')).to.not.equal(before)
  })

  it('heals a generation that is none', async () => {
    await raw(server, `set ${opened.prefix}@generation 0 0 13\r\nwhat is this?\r\n`)
    await sleep(1050)
    expect(await load('a')).to.equal(undefined)
    await save('a', '2')
    expect(await load('a')).to.equal('2')
  })

  it('is what it cannot do for other prefixes', async () => {
    for (const prefix of [`${opened.prefix}a`, '', 'else:']) {
      const { error } = await failureOf(opened.store.wipe(prefix))
      expect(error).to.be.instanceOf(Unsupported)
      expect(error.message).to.include('clear(prefix)').and.include('prefix of its own')
    }
    expect(await load('a')).to.equal('1')
  })

  it('works for strange and long prefixes, and for none', async () => {
    for (const prefix of ['ü $ \n', 'p'.repeat(1000), '']) {
      const strange = open(server, { prefix })
      await save('a', '1', strange)
      expect(await load('a', strange)).to.equal('1')
      await clear(strange)
      expect(await load('a', strange)).to.equal(undefined)
    }
  })

  it('says when it could not reach a server, and clears the others', async () => {
    const [one, two] = [await memcached({}), await memcached({})]
    const both = open([one, two])
    const names = Array.from({ length: 100 }, (_, i) => `${i}`)
    await Promise.all(names.map((name) => save(name, name, both)))
    await two.kill()

    expect((await failureOf(clear(both))).error).to.be.instanceOf(ConnectionFailed)
    const left = await Promise.allSettled(names.map((name) => load(name, both)))
    expect(left.some(({ status }) => status === 'rejected')).to.equal(true)
    expect(left.every((found) => found.status === 'rejected' || found.value === undefined)).to.equal(true)
    await one.close()
    await two.close()
  })
})

describe('A generation', () => {
  it('is asked for once, however many wait, and they go on in their order', async () => {
    let asked = 0
    const generation = new Generation(
      randomUUID(),
      reserved(() => `first_name_${asked++}`),
    )
    const went: string[] = []
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => passed(generation).then((suffix) => went.push(`${i}${suffix}`))),
    )
    expect(went).to.deep.equal(Array.from({ length: 100 }, (_, i) => `${i}@first_name_0`))
    expect(await passed(generation)).to.equal('@first_name_0')
    expect(asked).to.equal(1)
  })

  it('that another process was first to put there is taken over', async () => {
    const names = [undefined, 'their_name_1']
    const generation = new Generation(
      randomUUID(),
      reserved(
        () => names.shift(),
        () => false,
      ),
    )
    expect(await passed(generation)).to.equal('@their_name_1')
  })

  it('that was asked for before a wipe does not undo it', async () => {
    const id = randomUUID()
    let answer!: (name: string) => void
    const slow = new Promise<string>((resolve) => {
      answer = resolve
    })
    const one = new Generation(
      id,
      reserved(() => slow),
    )
    const two = new Generation(
      id,
      reserved(() => 'old_name_old'),
    )
    const waiting = passed(one)
    await two.wipe()
    const wiped = await passed(two)
    answer('old_name_old')
    expect(await waiting).to.equal(wiped)
    expect(await passed(two)).to.equal(wiped)
  })

  it('that cannot be had refuses everybody who waits, and is asked for again by the next', async () => {
    let fails = true
    const generation = new Generation(
      randomUUID(),
      reserved(() => (fails ? Promise.reject(new Error('down')) : 'now_it_works')),
    )
    const waiting = await Promise.allSettled([passed(generation), generation.wipe(), passed(generation)])
    expect(waiting[0]).to.have.property('status', 'rejected')
    expect(waiting[2]).to.have.property('status', 'rejected')
    fails = false
    expect(await passed(generation)).to.equal('@now_it_works')
  })
})

function passed(generation: Generation): Promise<string> {
  return new Promise((resolve, reject) => generation.pass(performance.now(), resolve, reject))
}

function reserved(
  look: () => string | undefined | Promise<string>,
  exchange: () => boolean = () => true,
  put: () => void = () => undefined,
): Reserved {
  return {
    look: async () => ({ wire: await look(), version: '1' }),
    exchange: async () => exchange(),
    put: async () => put(),
  }
}
