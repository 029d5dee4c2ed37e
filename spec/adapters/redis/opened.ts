import { randomUUID } from 'node:crypto'
import type { RedisStoreOptions } from '../../../adapters/redis/options.ts'
import { RedisStore } from '../../../adapters/redis/store.ts'

/** What a store told of: the event, the key, and the facts. */
export type Told = [event: string, key: string | undefined, facts: unknown]

/** A store that a spec opened, and what it told of. */
export interface Opened {
  readonly store: RedisStore
  readonly told: Told[]
  /** The names of the events so far. */
  events(): string[]
}

const open: RedisStore[] = []

/** Opens a store, which `closeOpened` closes. */
export function opened(options: RedisStoreOptions): Opened {
  const told: Told[] = []
  const store = new RedisStore(options, {
    adapter: 'AsyncRedisCache',
    emit: (event, key, facts) => void told.push([event, key, facts]),
  })
  open.push(store)
  return { store, told, events: () => told.map(([event]) => event) }
}

/** Closes what has been opened. */
export async function closeOpened(): Promise<void> {
  await Promise.all(open.splice(0).map((store) => store.close()))
}

/** A prefix for keys that no other spec uses. */
export function ownPrefix(): string {
  return `spec:${randomUUID()}:`
}

/** All that an async iterable gives. */
export async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  const answer = await promise.then(
    (value) => ({ value }),
    (error: Error) => ({ error }),
  )
  if ('error' in answer) return answer.error
  throw new Error(`It should have failed, but gave ${String(answer.value)}`)
}

/** Tries until it works, and gives what it gave; fails when it has not worked after that many ms. */
export async function eventually<T>(attempt: () => Promise<T>, ms = 5000): Promise<T> {
  const limit = performance.now() + ms
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > limit) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
