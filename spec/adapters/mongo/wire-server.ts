import type { Socket } from 'node:net'
import { BSON } from 'mongodb'
import { type FakeServer, fakeServer } from '../../support/faults.ts'
import { type Document, Documents, LARGEST, Refusal } from './documents.ts'

export { Refusal } from './documents.ts'

/**
 * A stand-in for MongoDB that speaks its wire protocol, for machines that have none: the real driver connects to it, with its
 * handshakes, pools, sessions and BSON, and the collections behind it are in memory. It is not MongoDB; what it shows holds as
 * far as MongoDB does what its manual says.
 */
export interface WireServer extends FakeServer {
  readonly url: string
  /** How many connections are open. */
  readonly open: number
  /** The commands so far, without those by which the driver watches the server. */
  readonly commands: Document[]
  /** What happens to a command before it is carried out: it may take its time, or throw a `Refusal`. */
  before: (command: Document) => unknown
  collection(database: string, name: string): Documents
  /** Deletes what has expired, as MongoDB does once a minute. */
  sweep(): void
}

/** The collections behind servers, so that one can come back with what it had. */
export type Data = Map<string, Documents>

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const MORE_TO_COME = 2
const LARGEST_MESSAGE = 48_000_000
const WATCHING = ['hello', 'ismaster', 'isMaster', 'endSessions']

const HELLO = {
  ismaster: true,
  isWritablePrimary: true,
  helloOk: true,
  maxBsonObjectSize: LARGEST,
  maxMessageSizeBytes: LARGEST_MESSAGE,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
}

export async function wireServer(data: Data = new Map(), port?: number): Promise<WireServer> {
  const cursors = new Map<number, Document[]>()
  const commands: Document[] = []
  let lastCursor = 0

  const documentsOf = (database: unknown, name: unknown): Documents => {
    const at = `${database}.${name}`
    const documents = data.get(at) ?? new Documents()
    data.set(at, documents)
    return documents
  }
  const page = (ns: string, found: Document[], size: number, batch: string): Document => {
    const id = found.length > size ? ++lastCursor : 0
    if (id !== 0) cursors.set(id, found.slice(size))
    return { cursor: { id: BSON.Long.fromNumber(id), ns, [batch]: found.slice(0, size) } }
  }

  const verbs: Record<string, (command: Document, documents: Documents) => Document> = {
    ping: () => ({}),
    endSessions: () => ({}),
    killCursors: () => ({}),
    createIndexes({ indexes }, documents) {
      for (const { key, expireAfterSeconds } of indexes as Document[]) {
        documents.lives.set(Object.keys(key as Document)[0]!, expireAfterSeconds as number)
      }
      return {}
    },
    find(command, documents) {
      const { find, $db, batchSize = 101, singleBatch } = command
      return page(
        `${$db}.${find}`,
        documents.find(command),
        singleBatch ? Infinity : (batchSize as number),
        'firstBatch',
      )
    },
    getMore({ getMore, collection, $db, batchSize = 101 }) {
      const found = cursors.get(Number(getMore))
      if (found === undefined) throw new Refusal(43, `cursor id ${getMore} not found`)
      return page(`${$db}.${collection}`, found, batchSize as number, 'nextBatch')
    },
    insert: ({ documents: given }, documents) =>
      eachOf(given, (one) => {
        documents.insert(one)
        return 1
      }),
    update({ updates }, documents) {
      const upserted: Document[] = []
      const reply = eachOf(updates, ({ q, u, upsert }, index) => {
        const done = documents.replace(q as Document, u as Document, upsert === true)
        if ('upserted' in done) upserted.push({ index, _id: done.upserted })
        return done.matched || 'upserted' in done ? 1 : 0
      })
      return { ...reply, nModified: Number(reply.n) - upserted.length, ...(upserted.length > 0 && { upserted }) }
    },
    delete: ({ deletes }, documents) =>
      eachOf(deletes, ({ q, limit }) => documents.delete(q as Document, limit as number)),
  }

  const answer = async (command: Document): Promise<Document> => {
    const [name] = Object.keys(command) as [string]
    if (/^(hello|ismaster)$/i.test(name)) return { ...HELLO, localTime: new Date(), connectionId: 1, ok: 1 }
    if (!WATCHING.includes(name)) commands.push(command)
    try {
      await server.before(command)
      const verb = verbs[name]
      if (verb === undefined) throw new Refusal(59, `no such command: '${name}'`)
      return { ...verb(command, documentsOf(command.$db, command[name])), ok: 1 }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { ok: 0, errmsg: error.message, code: error.code }
    }
  }

  let open = 0
  const fake = await fakeServer((socket) => {
    open++
    socket.on('close', () => open--)
    serve(socket, answer)
  }, port)
  const server: WireServer = {
    host: fake.host,
    port: fake.port,
    url: `mongodb://127.0.0.1:${fake.port}`,
    get open() {
      return open
    },
    get connections() {
      return fake.connections
    },
    close: fake.close,
    commands,
    before: () => {},
    collection: documentsOf,
    sweep() {
      for (const documents of data.values()) documents.sweep(Date.now())
    },
  }
  return server
}

/** Carries out the parts of a write; those that are refused are told of by their place. */
function eachOf(parts: unknown, carryOut: (part: Document, index: number) => number): Document {
  const writeErrors: Document[] = []
  let n = 0
  for (const [index, part] of (parts as Document[]).entries()) {
    try {
      n += carryOut(part, index)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      writeErrors.push({ index, code: error.code, errmsg: error.message })
    }
  }
  return writeErrors.length === 0 ? { n } : { n, writeErrors }
}

/** Cuts what comes into messages, and answers each. A message that is too long ends the connection, as MongoDB does. */
function serve(socket: Socket, answer: (command: Document) => Promise<Document>): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const size = rest.readInt32LE(0)
      if (size > LARGEST_MESSAGE) return void socket.destroy()
      void reply(socket, rest.subarray(0, size), answer)
      rest = rest.subarray(size)
    }
  })
}

async function reply(socket: Socket, message: Buffer, answer: (command: Document) => Promise<Document>): Promise<void> {
  const id = message.readInt32LE(4)
  if (message.readInt32LE(12) === OP_QUERY) {
    const query = message.subarray(message.indexOf(0, 20) + 9)
    const found = BSON.serialize(await answer(BSON.deserialize(query)))
    return send(socket, id, OP_REPLY, [numbers(8, 0, 0, 0, 1), found])
  }
  const isAnswered = (message.readInt32LE(16) & MORE_TO_COME) === 0
  const done = BSON.serialize(await answer(commandIn(message)))
  if (isAnswered) send(socket, id, OP_MSG, [numbers(0), Buffer.from([0]), done])
}

/** The command of an OP_MSG: a document, and lists that belong into it. */
function commandIn(message: Buffer): Document {
  const command: Document = {}
  for (let at = 20; at < message.length; ) {
    const size = message.readInt32LE(at + 1)
    const section = message.subarray(at + 1, at + 1 + size)
    if (message[at] === 0) Object.assign(command, BSON.deserialize(section, { promoteBuffers: false }))
    else {
      const name = section.toString('utf8', 4, section.indexOf(0, 4))
      const list: Document[] = []
      for (let from = 4 + Buffer.byteLength(name) + 1; from < size; from += section.readInt32LE(from)) {
        list.push(BSON.deserialize(section.subarray(from, from + section.readInt32LE(from))))
      }
      command[name] = list
    }
    at += 1 + size
  }
  return command
}

function send(socket: Socket, to: number, code: number, parts: Uint8Array[]): void {
  const body = Buffer.concat(parts)
  if (!socket.destroyed) socket.write(Buffer.concat([numbers(16 + body.length, 0, to, code), body]))
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => void bytes.writeInt32LE(value, 4 * i))
  return bytes
}
