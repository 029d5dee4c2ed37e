import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * The ports that specs listen on. They lie below those that systems give to outgoing connections (32768 and up on Linux):
 * a port among those may be taken by any client while its server is down, even by the client that tries to reconnect.
 * They lie below 22000, because the bus of a Redis Cluster node listens 10000 above its port.
 */
const LOWEST = 11_300
const HIGHEST = 21_999

// Specs that run at the same time in other processes listen on other ports.
const [JOB = 0, JOBS = 1] = (process.env.CACHE_SPEC_JOB ?? '0/1').split('/').map(Number)

/** A port of 127.0.0.1 on which nobody listens, nor 10000 above it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + JOB + JOBS * randomInt(Math.floor((HIGHEST - LOWEST) / JOBS))
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
