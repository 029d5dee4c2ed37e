import { nextTurn } from '../../lib/core/deadlines.ts'
import type { OwnClient } from '../shared/client-lease.ts'
import { NoAnswer } from '../shared/failure.ts'
import { dialect, says } from './failure.ts'
import type { Cluster, Redis } from './ioredis.ts'

/** A client of ours for one server. */
export function ownRedis(client: Redis): OwnClient {
  return {
    // A pending request keeps the process alive by its deadline; the connection by itself does not.
    holdsProcess: false,
    async connect(giveUp) {
      // Without a listener, ioredis writes to the console. For it, an error always means that this connection is lost.
      client.on('error', (error: Error) => giveUp(ofConnection(error)))
      client.once('end', () => giveUp(new Error('the connection was closed')))
      client.once('connect', () => client.stream.unref())
      client.connect().catch(() => {})
      await greet(client)
      // The server refuses a database before it answers PING, but ioredis may report that a little later.
      await nextTurn()
    },
    close: () => client.disconnect(),
  }
}

/** A client of ours for a Cluster. It finds new masters by itself, and ends when no node is left to ask. */
export function ownCluster(client: Cluster): OwnClient {
  return {
    holdsProcess: true,
    async connect(giveUp) {
      client.on('error', (error: Error) => giveUp(ofConnection(error)))
      client.once('end', () => giveUp(new Error('the connections were closed')))
      await client.connect()
      await greet(client)
    },
    survives: (reason) => reason instanceof NoAnswer && client.status === 'ready',
    close: () => client.disconnect(),
  }
}

/** The answer proves that the server is a Redis which takes our password and has loaded its data. */
async function greet(client: Redis | Cluster): Promise<void> {
  try {
    const answer = await client.ping()
    if (answer !== 'PONG') throw new Error(`it answers PING with ${JSON.stringify(answer)}`)
  } catch (error) {
    // A user without the right to PING has logged in all the same.
    if (!says(error, 'NOPERM')) throw ofConnection(error as Error)
  }
}

/** A reply about the connection as an error that is not taken for the answer to an operation. */
function ofConnection(error: Error): Error {
  if (dialect.isOutage(error)) return error
  return new Error(`it says: ${error.message}`, { cause: dialect.causeOf(error) })
}
