import { connect } from 'node:net'
import { CacheTimeout, ConnectionFailed } from '../../lib/core/errors.ts'
import type { Address } from './servers.ts'

const LINE = /^STAT (\S+) (.*)$/
const END = 'END\r\n'
/** A server says 3 kB of itself. */
const LONGEST = 1_000_000

/**
 * What a server says about itself by `stats`, on a connection of its own: the one for requests understands the meta protocol
 * only, in which there is no such question.
 */
export function serverStats(server: Address, limit: number, adapter: string): Promise<Record<string, unknown>> {
  const name = `The memcached server at ${server.name}`
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ host: server.host, port: server.port }, () => socket.write('stats\r\n'))
    const fail = (error: Error) => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    const broke = (reason: string, cause?: unknown) =>
      fail(new ConnectionFailed(`${name} failed: ${reason}.`, { adapter, cause }))
    const late = () => fail(new CacheTimeout(`${name} did not answer within ${limit} ms.`, { adapter }))
    const timer = setTimeout(late, limit)
    socket
      .on('error', (error: Error) => broke(error.message, error))
      .on('close', () => broke('it hung up'))
      .on('data', (bytes) => {
        text += bytes.toString('latin1')
        if (text.endsWith(END)) {
          clearTimeout(timer)
          socket.destroy()
          resolve(fieldsOf(text))
        } else if (text.length > LONGEST || !'STAT '.startsWith(text.slice(0, 5))) {
          broke('it said what is no answer to "stats"')
        }
      })
  })
}

function fieldsOf(text: string): Record<string, unknown> {
  const fields = text.split('\r\n').flatMap((line) => {
    const [, field, value] = LINE.exec(line) ?? []
    return field === undefined ? [] : [[field, numberIn(value!)] as const]
  })
  return Object.fromEntries(fields)
}

function numberIn(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
