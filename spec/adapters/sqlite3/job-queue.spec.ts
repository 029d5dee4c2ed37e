import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { JobQueue } from '../../../adapters/sqlite3/job-queue.ts'

const late = () => new Error('late')

async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    return (error as Error).message
  }
}

describe('A queue of jobs', () => {
  it('runs one after the other, in the order of the calls', async () => {
    const queue = new JobQueue(null)
    const done: number[] = []
    const jobs = Array.from({ length: 3000 }, (_, i) =>
      queue.run(async () => {
        if (i % 100 === 0) await sleep(0)
        done.push(i)
      }),
    )
    await Promise.all(jobs)
    expect(done).to.deep.equal(Array.from({ length: 3000 }, (_, i) => i))
  })

  it('goes on after a job that fails', async () => {
    const queue = new JobQueue(100)
    const failed = outcome(
      queue.run(() => {
        throw new Error('failed')
      }, late),
    )
    expect(await queue.run(() => 'done', late)).to.equal('done')
    expect(await failed).to.equal('failed')
  })

  it('is never late while it moves on, however long it takes', async () => {
    const queue = new JobQueue(100)
    const jobs = Array.from({ length: 30 }, (_, i) => queue.run(() => sleep(10, i), late))
    expect(await Promise.all(jobs)).to.deep.equal(jobs.map((_, i) => i))
  })

  it('is not late with a job that has done a step in time', async () => {
    const queue = new JobQueue(100)
    const job = queue.run(async (turn) => {
      for (let i = 0; i < 5; i++) {
        await sleep(60)
        turn.progress()
      }
      return 'done'
    }, late)
    expect(await job).to.equal('done')
  })

  it('never runs a job that was late before it began', async () => {
    const queue = new JobQueue(50)
    let ran = 0
    const stuck = outcome(queue.run(() => sleep(400), late))
    const waiting = Array.from({ length: 10 }, () => outcome(queue.run(() => ran++, late)))
    const began = performance.now()
    expect(await Promise.all(waiting)).to.deep.equal(waiting.map(() => 'late'))
    expect(performance.now() - began).to.be.below(350)
    expect(await stuck).to.equal('late')
    await sleep(200)
    expect(ran).to.equal(0)
    expect(await queue.run(() => 'goes on', late)).to.equal('goes on')
  })

  it('cancels a job that is late while it runs, and tells its own outcome if that comes soon', async () => {
    const queue = new JobQueue(50)
    for (const end of [
      (resolve: (v: string) => void) => resolve('done'),
      (_: unknown, reject: (e: Error) => void) => reject(new Error('undone')),
    ]) {
      let stop = () => {}
      const job = () => new Promise<string>((resolve, reject) => (stop = () => end(resolve, reject)))
      expect(await outcome(queue.run(job, late, () => stop()))).to.match(/^(un)?done$/)
    }
  })

  it('is not late because the process was blocked', async () => {
    const queue = new JobQueue(100)
    const first = queue.run(() => sleep(1, 'first'), late)
    const second = queue.run(() => sleep(20, 'second'), late)
    const until = performance.now() + 300
    while (performance.now() < until);
    expect(await Promise.all([first, second])).to.deep.equal(['first', 'second'])
  })
})
