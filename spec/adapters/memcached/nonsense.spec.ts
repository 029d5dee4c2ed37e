import type { Socket } from 'node:net'
import { expect } from 'chai'
import { CacheTimeout, ConnectionFailed } from '../../../lib/core/errors.ts'
import { type FakeServer, fakeServer } from '../../support/faults.ts'
import { closeAll, everyFailure, failureOf, GRACE, load, open, recovery } from './support.ts'

describe('A server that does not speak like memcached', () => {
  let bad: FakeServer
  afterEach(async () => {
    await closeAll()
    await bad.close()
  })

  it('fails every verb in time if it never answers', async () => {
    bad = await fakeServer('silent')
    const opened = open(bad, { operationTimeout: 0.3 })
    const began = performance.now()
    for (const error of await everyFailure(opened)) expect(error).to.be.instanceOf(CacheTimeout)
    expect(performance.now() - began).to.be.within(250, 300 + GRACE)
  })

  it('fails every verb if it hangs up', async () => {
    bad = await fakeServer('hangup')
    for (const error of await everyFailure(open(bad))) expect(error).to.be.instanceOf(ConnectionFailed)
  })

  const SAYINGS = [
    'ITEM\r\n',
    'VERSION x\r\n',
    '220 smtp.example.org ESMTP\r\n',
    'ERROR\r\n',
    'CLIENT_ERROR bad\r\n',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    'VALUE a 0 1\r\nx\r\nEND\r\n',
    'STORED\r\n',
    'HD\r\n',
    'VA 1 f0\r\nx\r\n',
    'VA 99999999999999999999 f0\r\n',
    `${'x'.repeat(5000)}`,
    '\r\n',
    '\n',
  ]
  for (const said of ['garbage', ...SAYINGS]) {
    it(`fails every verb at once if it says ${JSON.stringify(said.slice(0, 40))}`, async () => {
      bad = await fakeServer(said === 'garbage' ? said : (socket) => socket.on('data', () => socket.write(said)))
      const began = performance.now()
      for (const error of await everyFailure(open(bad))) expect(error).to.be.instanceOf(ConnectionFailed)
      expect(performance.now() - began).to.be.below(GRACE)
    })
  }

  it('fails every verb if it speaks before it is asked', async () => {
    bad = await fakeServer((socket) => void socket.write('HD ka O1\r\n'))
    for (const error of await everyFailure(open(bad))) expect(error).to.be.instanceOf(ConnectionFailed)
  })

  it('is understood if it is an earlier version, whose misses name no key', async () => {
    bad = await fakeServer((socket) => meta(socket, () => 'EN\r\n'))
    const opened = open(bad)
    expect(await load(opened, 'a')).to.equal(undefined)
    expect((await failureOf(opened.store.drop([`${opened.prefix}a`]))).error).to.be.instanceOf(ConnectionFailed)
  })

  it('is disconnected if it speaks after the last answer', async () => {
    bad = await fakeServer((socket) =>
      meta(socket, (key, token) => `${honest(key, token)}${key.includes('last') ? 'HD\r\n' : ''}`),
    )
    const opened = open(bad)
    expect(await load(opened, 'last')).to.equal('x')
    await recovery(async () => expect(opened.events).to.deep.equal(['connect', 'disconnect']))
    expect(await load(opened, 'a')).to.equal('x')
  })

  it('is not trusted if it answers for another key, or an earlier request', async () => {
    const answers: ((key: string, token: number) => string)[] = [
      (key, token) => `VA 1 f0 k${key}x O${token}\r\nx\r\n`,
      (key, token) => `VA 1 f0 k${key} O${token - 1}\r\nx\r\n`,
      (key, token) => `VA 1 f0 k${key} O${token}1\r\nx\r\n`,
      (key, token) => `HD k${key} O${token}\r\n`,
      (key, token) => `VA 1 f0 c1 k${key} O${token}\r\nx\r\n`,
      (key, token) => `VA 1 k${key} O${token}\r\nx\r\n`,
      (key, token) => `EN k${key}x O${token}\r\n`,
    ]
    for (const answer of answers) {
      bad = await fakeServer((socket) => meta(socket, answer))
      const { error } = await failureOf(load(open(bad), 'a'))
      expect(error, `${answer}`).to.be.instanceOf(ConnectionFailed)
      expect(error.message).to.include('1.6.10 or later')
      await closeAll()
      await bad.close()
    }
    bad = await fakeServer((socket) => meta(socket, honest))
    expect(await load(open(bad), 'a')).to.equal('x')
  })
})

function honest(key: string, token: number): string {
  return `VA 1 f0 k${key} O${token}\r\nx\r\n`
}

/** Answers `mg` and `ms` of generations as memcached does, and what else is asked as it is told. */
function meta(socket: Socket, answer: (key: string, token: number) => string): void {
  socket.on('data', (bytes) => {
    for (const [, key, token] of bytes.toString().matchAll(/^m\w (\S+) .*O(\d+)\r$/gm)) {
      if (key!.endsWith('@generation')) socket.write(`VA 12 f0 c1 k${key} O${token}\r\nsome_name_12\r\n`)
      else socket.write(answer(key!, Number(token)))
    }
  })
}
