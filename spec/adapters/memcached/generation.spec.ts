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

  it('removes its keys, and none of another prefix', async () => {
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

  it('is seen within a second if another process did it', async () => {
    await raw(server, `set ${opened.prefix}@generation 0 0 12\r\nanother_one_\r\n`)
    await sleep(1050)
    expect(await load('a')).to.equal(undefined)
    await save('a', '2')
    expect(await raw(server, `get ${opened.prefix}a@another_one_\r\n`)).to.include('2')
  })

  it('treats a lost generation as an empty cache', async () => {
    const before = await storedKey(server, opened.prefix, 'a')
    await raw(server, `delete ${opened.prefix}@generation\r\n`)
    await sleep(1050)
    expect(await load('a')).to.equal(undefined)
    await save('a', '2')
    expect(await load('a')).to.equal('2')
    expect(await storedKey(server, opened.prefix, 'a')).to.not.equal(before)
  })

  it('replaces a generation that is not a name', async () => {
    await raw(server, `set ${opened.prefix}@generation 0 0 13\r\nwhat is this?\r\n`)
    await sleep(1050)
    expect(await load('a')).to.equal(undefined)
    await save('a', '2')
    expect(await load('a')).to.equal('2')
  })

  it('is unsupported for other prefixes', async () => {
    for (const prefix of [`${opened.prefix}a`, '', 'else:']) {
      const { error } = await failureOf(opened.store.wipe(prefix))
      expect(error).to.be.instanceOf(Unsupported)
      expect(error.message).to.include('clear(prefix)').and.include('prefix of its own')
    }
    expect(await load('a')).to.equal('1')
  })

  it('works for strange and long prefixes, and without one', async () => {
    for (const prefix of ['ü $ \n', 'p'.repeat(1000), '']) {
      const strange = open(server, { prefix })
      await save('a', '1', strange)
      expect(await load('a', strange)).to.equal('1')
      await clear(strange)
      expect(await load('a', strange)).to.equal(undefined)
    }
  })

  it('throws if it cannot reach a server, and clears the others', async () => {
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

describe('The generation of a memcached prefix', () => {
  it('is read once, however many wait, and they continue in order', async () => {
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

  it('is the one of another process that was faster to store it', async () => {
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

  it('does not go back to a name that was read before a clear', async () => {
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

  it('is not the old one for a verb that comes after a clear while it is being read', async () => {
    const id = randomUUID()
    let name = 'old_name_old'
    const slow = new Generation(
      id,
      reserved(async () => {
        const now = name
        await sleep(20)
        return now
      }),
    )
    const before = passed(slow)
    // The worker of a bridge keeps memos of its own: here it has another id, and shares the counter.
    await new Generation(
      randomUUID(),
      reserved(
        () => name,
        () => true,
        () => {
          name = 'new_name_new'
        },
      ),
    ).wipe()
    const after = passed(slow)
    expect(await before).to.equal('@old_name_old')
    expect(await after).to.equal('@new_name_new')
  })

  it('is not a cleared one when the new one cannot be read', async () => {
    const id = randomUUID()
    let fails = false
    const generation = new Generation(
      id,
      reserved(() => (fails ? Promise.reject(new Error('down')) : 'old_name_old')),
    )
    await passed(generation)
    await new Generation(
      randomUUID(),
      reserved(() => 'other_name_1'),
    ).wipe()
    fails = true
    expect((await failureOf(passed(generation))).error.message).to.equal('down')
  })

  it('rejects everyone who waits if it cannot be read, and is read again for the next', async () => {
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
  return new Promise((resolve, reject) => generation.enter(performance.now(), resolve, reject))
}

function reserved(
  load: () => string | undefined | Promise<string>,
  compareAndSave: () => boolean = () => true,
  save: () => void = () => undefined,
): Reserved {
  return {
    load: async () => ({ wire: await load(), version: '1' }),
    compareAndSave: async () => compareAndSave(),
    save: async () => save(),
  }
}
