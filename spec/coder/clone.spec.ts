import { expect } from 'chai'
import { clone, freeze, thawed } from '../../lib/coder/clone.ts'
import { JsonCoder } from '../../lib/coder/index.ts'
import { COLOR, Color } from './samples.ts'

describe('clone', () => {
  it('copies all the way down', () => {
    const value = { list: [{ a: 1 }], map: new Map([[{ k: 1 }, { v: 1 }]]), bytes: Buffer.from('ab'), at: new Date(0) }
    const copy = clone(value)
    copy.list[0]!.a = 2
    copy.bytes[0] = 0
    copy.at.setTime(9)
    for (const [key, item] of copy.map) Object.assign(key, { k: 2 }, Object.assign(item, { v: 2 }))
    expect(value).to.deep.equal({
      list: [{ a: 1 }],
      map: new Map([[{ k: 1 }, { v: 1 }]]),
      bytes: Buffer.from('ab'),
      at: new Date(0),
    })
  })

  it('shares plain data that is frozen all through, wherever that came from', () => {
    const frozen = Object.freeze({ list: Object.freeze([1, Object.freeze({ a: 'x' })]), none: null })
    expect(clone(frozen)).to.equal(frozen)
    expect(clone(frozen)).to.equal(frozen)
    const deep = freeze({ a: [{ b: [1] }] })
    expect(clone(deep)).to.equal(deep)
  })

  it('copies what is frozen but in part, or can still be changed', () => {
    const date = new Date(0)
    const values = [
      Object.freeze({ list: [1] }),
      Object.freeze([Object.freeze({ date })]),
      freeze(new Map([[1, 2]])),
      freeze({ bytes: Buffer.from('a') }),
      Object.freeze({
        get now() {
          return 1
        },
      }),
      Object.freeze({ [Symbol('s')]: 1, a: 1 }),
    ]
    for (const value of values) expect(clone(value)).not.to.equal(value)
    expect(clone(values[4])).to.deep.equal({ now: 1 })
  })

  it('gives back what is no object', () => {
    for (const value of ['a', 1, -0, Number.NaN, null, undefined, true, 5n])
      expect(Object.is(clone(value), value)).to.equal(true)
  })

  it('makes no room for holes', () => {
    const long: unknown[] = Object.assign([], { length: 2 ** 32 - 1 })
    long.length = 30_000_000
    const before = process.memoryUsage().rss
    expect(clone({ long }).long).to.have.lengthOf(30_000_000)
    expect(process.memoryUsage().rss - before).to.be.below(100e6)
  })
})

describe('freeze', () => {
  it('freezes objects and arrays all the way down, also in Maps, Sets and errors', () => {
    const parts = Array.from({ length: 7 }, (_, i) => ({ i }))
    const value = {
      list: [parts[0]],
      bare: Object.assign(Object.create(null), { a: parts[1] }),
      map: new Map([[parts[2], parts[3]]]),
      set: new Set([parts[4]]),
      error: Object.assign(new Error('e', { cause: parts[5] }), { info: parts[6] }),
    }
    expect(freeze(value)).to.equal(value)
    for (const object of [value, ...Object.values(value), ...parts]) expect(object).to.be.frozen
  })

  it('goes through what is frozen already, and round in circles', () => {
    const inner = { a: 1 }
    const value: Record<string, unknown> = { inner: Object.freeze({ inner }) }
    value.self = value
    freeze(value)
    expect(inner).to.be.frozen
  })

  it('lets nobody change a Map, Set or Date by its methods either', () => {
    const value = { map: new Map([[1, 2]]), set: new Set([1]), date: new Date(5) }
    expect(freeze(value)).to.equal(value)
    const changes = [
      () => value.map.set(2, 2),
      () => value.map.delete(1),
      () => value.map.clear(),
      () => value.set.add(2),
      () => value.set.delete(1),
      () => value.set.clear(),
      () => value.date.setTime(0),
      () => value.date.setUTCFullYear(2000),
    ]
    for (const change of changes) expect(change).to.throw(TypeError, 'frozen')
    expect(value.map).to.deep.equal(new Map([[1, 2]]))
    expect(value.date.toISOString()).to.equal('1970-01-01T00:00:00.005Z')
    expect(freeze(value)).to.equal(value)
  })

  it('copies a value with bytes or a regular expression in it, which cannot be frozen', () => {
    const value = { list: [1], bytes: new Uint8Array([1]), buffer: Buffer.from('a'), pattern: /a/g }
    const stored = freeze(value)
    value.bytes[0] = 2
    expect(stored.bytes[0]).to.equal(1)
    const given = thawed(stored)
    given.bytes[0] = 3
    given.pattern.lastIndex = 1
    given.list.push(2)
    expect('aa'.replace(given.pattern, 'b')).to.equal('bb')
    expect(thawed(stored)).to.deep.equal({
      list: [1],
      bytes: new Uint8Array([1]),
      buffer: Buffer.from('a'),
      pattern: /a/g,
    })
    for (const bytes of [Buffer.from('a'), new Map([[1, new ArrayBuffer(1)]]), Object.freeze(new Map([[1, 2]]))])
      expect(thawed(freeze(bytes)))
        .to.deep.equal(bytes)
        .and.to.satisfy((given: unknown) => given !== bytes)
  })

  it('freezes instances of registered classes, but not what they refer to', () => {
    const json = new JsonCoder().register(Color, COLOR)
    const color = Object.assign(new Color('red'), { cache: {} })
    freeze([color], json)
    expect(color).to.be.frozen
    expect(color.cache).not.to.be.frozen
  })

  it('gives back what is no object', () => {
    for (const value of ['a', 1, null, undefined, 5n]) expect(freeze(value)).to.equal(value)
  })
})
