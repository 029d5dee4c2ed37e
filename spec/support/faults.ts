import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { type TcpProxy, tcpProxy } from '../../lib/testing/index.ts'
import { freePort } from './ports.ts'

/** Servers that misbehave as networks and broken backends do, for the specs of what happens then. */

/** A port of 127.0.0.1 with something on it that is no use. */
export interface FakeServer {
  readonly host: string
  readonly port: number
  /** How many connections have come in so far. */
  readonly connections: number
  close(): Promise<void>
}

/**
 * The behavior of a fake server: `'silent'` accepts and never answers; `'garbage'` answers anything by bytes of no protocol;
 * `'hangup'` accepts and hangs up at the first word; a function does what it likes with each connection.
 */
export type Fault = 'silent' | 'garbage' | 'hangup' | ((socket: Socket) => void)

const GARBAGE = Buffer.from([0x00, 0xff, 0x0d, 0x0a, 0x13, 0x37, 0x0d, 0x0a, 0xc3, 0x28, 0x0d, 0x0a])

const FAULTS: Record<Extract<Fault, string>, (socket: Socket) => void> = {
  silent: (socket) => socket.resume(),
  garbage: (socket) => socket.on('data', () => socket.write(GARBAGE)),
  hangup: (socket) => socket.on('data', () => socket.destroy()),
}

/** A server that misbehaves. `port` puts it on one, such as that of a server that was killed. */
export async function fakeServer(fault: Fault, port?: number): Promise<FakeServer> {
  const sockets = new Sockets()
  const server = await listen((socket) => {
    sockets.add(socket)
    typeof fault === 'function' ? fault(socket) : FAULTS[fault](socket)
  }, port)

  return {
    host: '127.0.0.1',
    port: portOf(server),
    get connections() {
      return sockets.seen
    },
    close: () => end(server, sockets),
  }
}

/** A relay to a real server that fails on demand, on a port that no client is given by chance. */
export async function proxy(target: number): Promise<TcpProxy> {
  return tcpProxy(target, await freePort())
}

/** The open connections, and how many there have been. */
class Sockets {
  seen = 0
  readonly #open = new Set<Socket>()

  add(socket: Socket): void {
    this.seen++
    this.#open.add(socket)
    // What a spec leaves open here must not hide what the cache leaves open.
    socket.unref()
    socket.on('error', () => {})
    socket.on('close', () => this.#open.delete(socket))
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy()
  }
}

async function listen(serve: (socket: Socket) => void, port?: number): Promise<NetServer> {
  const server = createServer({ noDelay: true }, serve).unref()
  const at = port ?? (await freePort())
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(at, '127.0.0.1', resolve))
  return server
}

function portOf(server: NetServer): number {
  return (server.address() as { port: number }).port
}

async function end(server: NetServer, sockets: Sockets): Promise<void> {
  sockets.destroy()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
