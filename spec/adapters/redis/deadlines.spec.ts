import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Deadlines } from '../../../lib/core/deadlines.ts'
import { failure } from './opened.ts'

const never = new Promise<never>(() => {})
const late = () => new Error('late')

describe('Deadlines', () => {
  it('give the answer, or its failure, when it comes in time', async () => {
    const deadlines = new Deadlines(1000)
    expect(await deadlines.guard(Promise.resolve(1), late)).to.equal(1)
    expect(await failure(deadlines.guard(Promise.reject(new Error('own')), late))).to.have.property('message', 'own')
  })

  it('end every wait that takes too long, and only those', async () => {
    const deadlines = new Deadlines(50)
    const ends: string[] = []
    const wait = (name: string, answer: Promise<unknown>) =>
      deadlines.guard(answer, late).then(
        () => ends.push(name),
        ({ message }) => ends.push(`${name} ${message}`),
      )
    const first = [wait('a', never), wait('b', sleep(1)), wait('c', never)]
    await sleep(25)
    await Promise.all([...first, wait('d', never), wait('e', sleep(30))])
    expect(ends).to.deep.equal(['b', 'a late', 'c late', 'e', 'd late'])
  })

  it('stay quiet about answers that come too late', async () => {
    const answer = sleep(20).then(() => Promise.reject(new Error('own')))
    expect(await failure(new Deadlines(1).guard(answer, late))).to.have.property('message', 'late')
    await sleep(40)
  })

  it('read what has come before they say that nothing came, when the process was busy', async () => {
    const deadlines = new Deadlines(20)
    // An answer that comes in the next phase of the event loop, as those on sockets do.
    const answer = new Promise((resolve) => setImmediate(resolve, 'here'))
    const guarded = deadlines.guard(answer, late)
    const end = performance.now() + 50
    while (performance.now() < end);
    expect(await guarded).to.equal('here')
  })
})
