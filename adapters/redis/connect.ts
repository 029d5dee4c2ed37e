import type { StoreContext } from '../../lib/adapter/byte-store.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { ClientLease, OwnLease } from '../shared/client-lease.ts'
import { Connection } from '../shared/connection.ts'
import { isCluster, type RedisClient } from './client.ts'
import { dialect, says } from './failure.ts'
import { checkInstalled, newClient, newCluster } from './ioredis.ts'
import { addressOf, type RedisStoreOptions } from './options.ts'
import { ownCluster, ownRedis } from './own-client.ts'

/** A connection to Redis, not opened yet. */
interface RedisConnection {
  readonly connection: Connection<RedisClient>
  readonly isCluster: boolean
}

/** The connection that options describe. Throws `MissingDependency` without ioredis, and `ConfigError` for bad options. */
export function connect(options: RedisStoreOptions, context: StoreContext): RedisConnection {
  const { client, operationTimeout } = options
  const { adapter } = context
  if (client === undefined) checkInstalled(adapter)
  const address = addressOf(options)
  const hasNodes = client === undefined ? address.nodes !== undefined : isCluster(client)
  const connection = new Connection<RedisClient>(
    {
      server: address.name,
      dialect,
      open: (tools, watcher) => {
        if (client !== undefined) return new ClientLease(client, tools)
        if (address.nodes === undefined) {
          const own = newClient(address.url, address.options, tools.ms, adapter)
          return new OwnLease<RedisClient>(own, tools, ownRedis(own), watcher)
        }
        const own = newCluster(address.nodes, address.options, tools.ms, adapter)
        return new OwnLease<RedisClient>(own, tools, ownCluster(own), watcher)
      },
      // One node of a Cluster may be down, or about to be replaced: the others are asked on.
      isDown: ({ status }, error) => !hasNodes || status !== 'ready' || says(error, 'CLUSTERDOWN'),
      // It was the master, or its address is another's by now: a new connection finds the one that is.
      isMisled: (error) => says(error, 'READONLY'),
    },
    operationTimeoutOf(operationTimeout),
    context,
  )
  return { connection, isCluster: hasNodes }
}
