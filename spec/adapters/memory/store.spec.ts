import { expect } from 'chai'
import { MemoryStore } from '../../../adapters/memory/engine/store.ts'
import { ownerWith } from './owner.ts'

const NEVER = Number.POSITIVE_INFINITY

describe('a store', () => {
  const quiet = ownerWith()

  it('may be used by those whom it tells of a loss', () => {
    const store = new MemoryStore(2)
    const told: string[] = []
    const losses = ownerWith({
      evicted: (key: string) => {
        told.push(key)
        if (told.length < 5) store.write(`again ${key}`, 1, 0, NEVER, 0, losses)
      },
    })
    for (const key of ['a', 'b', 'c']) store.write(key, 1, 0, NEVER, 0, losses)
    expect(store.size).to.equal(2)
    expect(told).to.have.lengthOf(5)
    expect([...store.coldest()]).to.have.lengthOf(2)
  })

  it('takes what has expired within as many writes as there are entries', () => {
    const store = new MemoryStore(1000)
    for (let i = 0; i < 500; i++) store.write(`old ${i}`, i, 0, 10, 0, quiet)
    for (let i = 0; i < 260; i++) store.write(`new ${i}`, i, 20, NEVER, 20, quiet)
    expect(store.size).to.equal(260)
  })

  it('has room without a bound, and keeps the bound that it is given later', () => {
    const store = new MemoryStore(null)
    for (let i = 0; i < 5000; i++) store.write(`key ${i}`, i, 0, NEVER, 0, quiet)
    expect(store.size).to.equal(5000)
    store.resize(100, quiet)
    expect(store.size).to.equal(100)
    store.resize(null, quiet)
    for (let i = 0; i < 5000; i++) store.write(`key ${i}`, i, 0, NEVER, 0, quiet)
    expect(store.size).to.equal(5000)
  })

  it('does not mistake an entry for the one that was looked at', () => {
    const store = new MemoryStore(10)
    store.write('k', 1, 5, 50, 5, quiet)
    const mark = store.entryAt(store.find('k'))
    expect(store.isAt(store.find('k'), mark)).to.equal(true)
    store.write('k', 1, 6, 50, 6, quiet)
    expect(store.isAt(store.find('k'), mark)).to.equal(false)
  })
})
