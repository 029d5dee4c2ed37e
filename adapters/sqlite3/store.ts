import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { type Answer, andThen, asOut, type Flow } from '../../lib/core/flow.ts'
import type { Capabilities, Keys, Mode, Out, Wire } from '../../lib/core/types.ts'
import { type Now, nowOf } from '../../lib/entry/clock.ts'
import { toWellFormed } from '../../lib/entry/keys.ts'
import { durationOf, operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { Batches } from './batches.ts'
import type { Connection, Param } from './connection.ts'
import { isBusy } from './failures.ts'
import { checkDriver, databaseOf, placeOf, type SqliteStoreOptions } from './options.ts'
import { type Job, Runner, type Step } from './runner.ts'
import { CHUNK_AT_ONCE, chunksOf, endOf, Listing, Table } from './table.ts'

/**
 * Keeps text and bytes in a table of SQLite: synchronously by better-sqlite3 or the runtime's SQLite, asynchronously by
 * `sqlite` and `sqlite3` (or synchronously, if the process also uses the file in that mode: see `SharedFile`). Text comes
 * back as text, bytes as bytes.
 */
export class SqliteStore<M extends Mode> implements DescribedStore<M> {
  readonly mode: M
  readonly capabilities: Capabilities
  readonly #table: Table
  readonly #context: StoreContext
  readonly #runner: Runner<M>
  readonly #now: Now
  readonly #purgeEvery: number
  readonly #saves: Batches<Saving, void>
  readonly #loads: Batches<string, Wire | undefined>
  #sweepAt = 0
  #sweptTo = 0

  /** Throws `MissingDependency` if there is no driver; `ConfigError`, `TypeError` or `RangeError` for an option that makes no sense. */
  constructor(mode: M, options: SqliteStoreOptions, context: StoreContext) {
    const { table = 'cache', operationTimeout, purgeEvery = '1m', now = nowOf(undefined) } = options
    checkDriver(mode, options, context.adapter)
    this.mode = mode
    this.#context = context
    this.#now = now
    this.#table = new Table(table)
    this.#purgeEvery = durationOf(purgeEvery, 'purgeEvery') ?? Infinity
    this.#sweepAt = this.#purgeEvery === Infinity ? Infinity : 0
    const timeout = operationTimeoutOf(operationTimeout)
    const path = placeOf(options)
    const open = () => databaseOf(options, context.adapter)
    this.#runner = new Runner({ mode, table: this.#table, context, now, path, timeout, open })
    const runner = this.#runner as unknown as Runner<'async'>
    this.#saves = new Batches(runner, {
      verb: 'save',
      keyOf: ([key]) => key,
      one: (saving) => this.#saving(...saving),
      all: (savings, step) => this.#saveBatch(savings, step),
    })
    this.#loads = new Batches(runner, {
      verb: 'load',
      keyOf: (key) => key,
      one: (key) => this.#loading(key),
      all: (keys, step) => this.#loadBatch(keys, step),
    })
    this.capabilities = {
      atomic: true,
      listsKeys: true,
      clears: true,
      shared: path !== ':memory:',
      locks: true,
      millisecondExpiry: true,
    }
  }

  load(key: string): Out<M, Wire | undefined> {
    if (this.mode === 'async') return asOut(this.#loads.call(key))
    return this.#runner.one('load', key, this.#loading(key))
  }

  save(key: string, wire: Wire, ttlMs: number | null): Out<M, void> {
    if (this.mode === 'async') return asOut(this.#saves.call([key, wire, ttlMs]))
    return this.#write('save', key, this.#saving(key, wire, ttlMs))
  }

  /** Returns how many there were that had not expired. */
  drop(keys: readonly string[]): Out<M, number> {
    return this.#runner.all('drop', keys[0], (step) => this.#drop(keys.map(toWellFormed), step))
  }

  loadMany(keys: readonly string[]): Out<M, (Wire | undefined)[]> {
    const ids = keys.map(toWellFormed)
    if (this.mode === 'async') return this.#runner.all('loadMany', keys[0], (step) => this.#loadMany(ids, step))
    return this.#runner.one('loadMany', keys[0], (connection) => this.#loadAtOnce(ids, connection))
  }

  /** Saves many entries: in one transaction, or (by `sqlite3`) in one for each 512. */
  saveMany(savings: readonly Saving[]): Out<M, void> {
    if (this.mode === 'async' || this.#isSweepDue())
      return this.#runner.all('saveMany', savings[0]?.[0], (step) => this.#saveMany(savings, step))
    return this.#runner.one('saveMany', savings[0]?.[0], (connection) => this.#saveAtOnce(savings, connection))
  }

  /** Saves those of many whose keys have nothing: in one transaction, or (by `sqlite3`) in one for each 512. */
  saveNew(savings: readonly Saving[]): Out<M, boolean[]> {
    return this.#runner.all('saveNew', savings[0]?.[0], (step) => this.#saveNew(savings, step))
  }

  loadVersioned(key: string): Out<M, VersionedWire> {
    const id = toWellFormed(key)
    const versioned = (value: unknown): VersionedWire => ({ wire: wireOf(value), version: value })
    return this.#runner.one('loadVersioned', key, (connection) =>
      andThen(connection.value(this.#table.load, id), versioned),
    )
  }

  compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null): Out<M, boolean> {
    const { load, insert, remove, replace } = this.#table
    const id = toWellFormed(key)
    const before = version as Param
    if (version === undefined && wire === undefined)
      return this.#runner.one('compareAndSave', key, (connection) =>
        andThen(connection.value(load, id), (value) => value === undefined),
      )
    return this.#write('compareAndSave', key, (connection) => {
      const until = this.#until(ttlMs)
      if (wire === undefined) return andThen(connection.run(remove, id, before), isOne)
      // An expired row counts as absent, as it does for a reader.
      if (version === undefined) return andThen(connection.run(insert, id, until, wire, this.#now()), isOne)
      return andThen(connection.run(replace, until, wire, id, before), isOne)
    })
  }

  /** The keys, read a page at a time: one that is saved or dropped meanwhile may be among them or not. */
  list(prefix: string): Keys<M> {
    const start = toWellFormed(prefix)
    const end = endOf(start)
    return new Listing(this.mode, start, (from) =>
      this.#runner.one('list', undefined, (connection) => connection.rows(this.#table.page, from, end)),
    ) as Keys<M>
  }

  wipe(prefix: string): Out<M, void> {
    const start = toWellFormed(prefix)
    const { wipe, wipeAll } = this.#table
    return this.#runner.one('wipe', undefined, (connection) =>
      andThen(start === '' ? connection.run(wipeAll) : connection.run(wipe, start, endOf(start)), () => undefined),
    )
  }

  connect(): Out<M, void> {
    return this.#runner.one('connect', undefined, () => undefined)
  }

  ping(): Out<M, void> {
    return this.#runner.one('ping', undefined, (connection) =>
      andThen(connection.value('SELECT count(*) AS value FROM sqlite_schema'), () => undefined),
    )
  }

  /** The rows of the table, those among them that have expired, and the size of the file in bytes. */
  backendStats(): Out<M, Record<string, unknown>> {
    return this.#runner.all('backendStats', undefined, (step) => this.#stats(step))
  }

  close(): Out<M, void> {
    return this.#runner.close()
  }

  #loading(key: string): Job<Wire | undefined> {
    const id = toWellFormed(key)
    return (connection) => andThen(connection.value(this.#table.load, id), wireOf)
  }

  *#loadBatch(keys: readonly string[], step: Step): Flow<(Wire | undefined)[]> {
    if (keys.length === 1) return [yield* step(this.#loading(keys[0]!))]
    return yield* this.#loadMany(keys.map(toWellFormed), step)
  }

  *#saveBatch(savings: readonly Saving[], step: Step): Flow<void[]> {
    yield* this.#saveMany(savings, step)
    return savings.map(() => undefined)
  }

  #saving(key: string, wire: Wire, ttlMs: number | null): Job<void> {
    const id = toWellFormed(key)
    return (connection) => andThen(connection.run(this.#table.save, id, this.#until(ttlMs), wire), () => undefined)
  }

  *#stats(step: Step): Flow<Record<string, unknown>> {
    const { count, countExpired } = this.#table
    const entries = yield* step((connection) => connection.value(count))
    const expired = yield* step((connection) => connection.value(countExpired, this.#now()))
    const bytes = yield* step((connection) => connection.value(FILE_SIZE))
    return { entries: Number(entries), expired: Number(expired), bytes: Number(bytes) }
  }

  *#drop(ids: readonly string[], step: Step): Flow<number> {
    const now = this.#now()
    let dropped = 0
    for (const chunk of chunksOf(ids)) {
      const rows = yield* step((connection) => connection.rows(this.#table.drop(chunk.length), ...chunk))
      dropped += rows.filter(({ until }) => until === null || Number(until) > now).length
    }
    return dropped
  }

  *#loadMany(ids: readonly string[], step: Step): Flow<(Wire | undefined)[]> {
    const { atOnce } = yield* step((connection) => connection)
    if (atOnce !== undefined) return yield* step((connection) => this.#loadAtOnce(ids, connection))

    const found = new Map<unknown, Wire | undefined>()
    for (const chunk of chunksOf(ids)) {
      const rows = yield* step((connection) => connection.rows(this.#table.loadMany(chunk.length), ...chunk))
      for (const { key, value } of rows) found.set(key, wireOf(value))
    }
    return ids.map((id) => found.get(id))
  }

  #loadAtOnce(ids: readonly string[], connection: Connection): (Wire | undefined)[] {
    return connection.eachValue!(this.#table.load, ids).map(wireOf)
  }

  *#saveMany(savings: readonly Saving[], step: Step): Flow<void> {
    const { atOnce } = yield* step((connection) => connection)
    if (atOnce !== undefined) yield* step((connection) => this.#saveAtOnce(savings, connection))
    else for (const chunk of chunksOf(savings)) yield* step((connection) => this.#saveChunk(chunk, connection))
    if (this.#isSweepDue()) yield* this.#sweep(step)
  }

  *#saveNew(savings: readonly Saving[], step: Step): Flow<boolean[]> {
    const saved = new Set<unknown>()
    const insert = (chunk: readonly Saving[], connection: Connection): Answer<void> =>
      andThen(connection.rows(this.#table.insertMany(chunk.length), ...this.#params(chunk), this.#now()), (rows) => {
        for (const { key } of rows) saved.add(key)
      })
    const { atOnce } = yield* step((connection) => connection)
    if (atOnce !== undefined) {
      const insertAll = (connection: Connection) =>
        connection.atOnce!(() => {
          for (const chunk of chunksOf(savings, CHUNK_AT_ONCE)) insert(chunk, connection)
        })
      yield* step(insertAll)
    } else for (const chunk of chunksOf(savings)) yield* step((connection) => insert(chunk, connection))
    if (this.#isSweepDue()) yield* this.#sweep(step)
    return savings.map(([key]) => saved.has(toWellFormed(key)))
  }

  #saveAtOnce(savings: readonly Saving[], connection: Connection): void {
    connection.atOnce!(() => {
      for (const chunk of chunksOf(savings, CHUNK_AT_ONCE)) this.#saveChunk(chunk, connection)
    })
  }

  #saveChunk(chunk: readonly Saving[], connection: Connection): Answer<void> {
    return andThen(connection.run(this.#table.saveMany(chunk.length), ...this.#params(chunk)), () => undefined)
  }

  #params(savings: readonly Saving[]): Param[] {
    return savings.flatMap(([key, wire, ttlMs]) => [toWellFormed(key), this.#until(ttlMs), wire])
  }

  #until(ttlMs: number | null): number | null {
    return ttlMs === null ? null : this.#now() + ttlMs
  }

  #write<T>(verb: string, key: string, job: Job<T>): Out<M, T> {
    return this.#isSweepDue()
      ? this.#runner.all(verb, key, (step) => this.#writeAndSweep(job, step))
      : this.#runner.one(verb, key, job)
  }

  *#writeAndSweep<T>(job: Job<T>, step: Step): Flow<T> {
    const answer = yield* step(job)
    yield* this.#sweep(step)
    return answer
  }

  #isSweepDue(): boolean {
    return this.#now() >= this.#sweepAt
  }

  /** Removes expired entries among the next rows. It does not wait for locks, and its failure is not that of the write before. */
  *#sweep(step: Step): Flow<void> {
    const { sweep, sweepEnd } = this.#table
    const now = this.#now()
    const from = this.#sweptTo
    try {
      const to = (yield* step((connection) => connection.value(sweepEnd, from), 0)) as number | undefined
      yield* step((connection) => connection.run(sweep, from, to ?? Number.MAX_SAFE_INTEGER, now), 0)
      this.#sweptTo = to ?? 0
      if (to === undefined) this.#sweepAt = now + this.#purgeEvery
    } catch (error) {
      if (isBusy(error)) return
      this.#sweepAt = now + this.#purgeEvery
      this.#context.emit('error', undefined, { error, verb: 'purge' })
    }
  }
}

const FILE_SIZE = 'SELECT page_count * page_size AS value FROM pragma_page_count, pragma_page_size'

/** The encoded entry in a column. A value of somebody else is read as text. */
function wireOf(value: unknown): Wire | undefined {
  return typeof value === 'string' || value === undefined || value instanceof Uint8Array ? value : String(value)
}

function isOne(changes: number): boolean {
  return changes === 1
}
