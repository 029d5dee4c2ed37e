import { connect, createServer, type Server, type Socket } from 'node:net'

/** A relay to a TCP server that fails on demand, as networks do. Point the cache at its `port`. */
export interface TcpProxy {
  readonly host: string
  readonly port: number
  /** How many connections have come in so far. */
  readonly connections: number
  /** Breaks every connection that is open. New ones are relayed. */
  cut(): void
  /** Passes on that many bytes of the next reply, and breaks its connection then. @param bytes @default 1 */
  truncate(bytes?: number): void
  /** Holds back what comes, in both directions, until `flow`. */
  stall(): void
  /** Holds back every reply for a time, in ms; 0 for not at all. */
  delay(ms: number): void
  /** Passes on at most that many bytes of replies a second, in pieces; 0 for as many as come. */
  throttle(bytesPerSecond: number): void
  /** Relays again, and passes on what was held back. */
  flow(): void
  close(): Promise<void>
}

/** Bytes of a throttled reply come in pieces of this time, in ms. */
const PIECE = 20

/**
 * Starts a relay to a server.
 * @param target the port of the server, or its host and port
 * @param at the port of the relay. @default any free one
 * @example
 * const proxy = await tcpProxy(6379)
 * const cache = new AsyncRedisCache({ url: `redis://127.0.0.1:${proxy.port}` })
 * proxy.stall()
 */
export async function tcpProxy(target: number | { host: string; port: number }, at = 0): Promise<TcpProxy> {
  const to = typeof target === 'number' ? { host: '127.0.0.1', port: target } : target
  const sockets = new SocketPairs()
  let held: (() => void)[] | undefined
  let latency = 0
  let rate = 0
  let cutAfter: number | undefined

  const pass = (send: () => void): void => {
    held === undefined ? send() : held.push(send)
  }
  const reply = (client: Socket, backend: Socket, bytes: Buffer): void => {
    if (cutAfter !== undefined) {
      client.end(bytes.subarray(0, cutAfter), () => client.destroy())
      cutAfter = undefined
    } else if (rate > 0) {
      trickle(client, backend, bytes, Math.max(1, Math.floor((rate * PIECE) / 1000)))
    } else {
      client.write(bytes)
    }
  }

  const server = createServer({ noDelay: true }, (client) => {
    const backend = connect(to.port, to.host)
    sockets.add(client, backend)
    client.on('data', (bytes) => pass(() => backend.write(bytes)))
    backend.on('data', (bytes) => {
      const send = () => pass(() => reply(client, backend, bytes))
      latency === 0 ? send() : setTimeout(send, latency)
    })
  }).unref()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(at, '127.0.0.1', resolve))

  return {
    host: '127.0.0.1',
    port: (server.address() as { port: number }).port,
    get connections() {
      return sockets.seen
    },
    cut: () => sockets.destroy(),
    truncate: (bytes = 1) => {
      cutAfter = bytes
    },
    stall: () => {
      held ??= []
    },
    delay: (ms) => {
      latency = ms
    },
    throttle: (bytesPerSecond) => {
      rate = bytesPerSecond
    },
    flow: () => {
      const waiting = held ?? []
      held = undefined
      for (const send of waiting) send()
    },
    close: () => closed(server, sockets),
  }
}

/** Sends bytes piece by piece; the backend is not read on meanwhile, so that replies keep their order. */
function trickle(client: Socket, backend: Socket, bytes: Buffer, size: number): void {
  backend.pause()
  const timer = setInterval(() => {
    client.write(bytes.subarray(0, size))
    bytes = bytes.subarray(size)
    if (bytes.length > 0 && !client.destroyed) return
    clearInterval(timer)
    backend.resume()
  }, PIECE)
}

async function closed(server: Server, sockets: SocketPairs): Promise<void> {
  sockets.destroy()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

/** The open connections: half of a pair takes the other half with it. */
class SocketPairs {
  seen = 0
  readonly #open = new Set<Socket>()

  add(client: Socket, backend: Socket): void {
    this.seen++
    for (const [socket, partner] of [
      [client, backend],
      [backend, client],
    ] as const) {
      this.#open.add(socket)
      // What a test leaves open here must not hide what the cache leaves open.
      socket.unref()
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#open.delete(socket)
        partner.destroy()
      })
    }
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy()
  }
}
