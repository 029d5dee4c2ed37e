import type { OwnClient } from '../shared/client-lease.ts'
import { closeClient, type MongoClient } from './mongodb.ts'

/** The part of the driver's view of its servers that is read here. */
interface Topology {
  readonly servers: ReadonlyMap<string, { readonly error: Error | null }>
}

/**
 * A client of ours. The driver mends what it can: a primary that has moved, a connection of several that broke. When it
 * reaches no server any more, or one does not answer, the client is given up, and the next verb opens another: the driver
 * alone would look for a lost server only twice a second, and let everybody wait for it.
 * @param ms how long closing may take
 */
export function ownMongo(client: MongoClient, ms: number): OwnClient {
  return {
    holdsProcess: true,
    async connect(giveUp) {
      // One of the driver's many events; where nobody listens, it says nothing.
      client.on('topologyDescriptionChanged', ({ newDescription }) => {
        const lost = failureOfAll(newDescription)
        if (lost !== undefined) giveUp(lost)
      })
      await client.connect()
    },
    close: () => closeClient(client, ms),
  }
}

/** The failure of a view in which no server is left that could be asked. */
function failureOfAll({ servers }: Topology): Error | undefined {
  const errors = Array.from(servers.values(), ({ error }) => error)
  const failures = errors.filter((error) => error !== null)
  if (failures.length === 0 || failures.length < errors.length) return undefined
  return failures.length === 1 ? failures[0] : new AggregateError(failures)
}
