import type { MongoStoreOptions } from '../../../adapters/mongo/options.ts'
import { MongoStore } from '../../../adapters/mongo/store.ts'

/** A store that a spec opened, and what it told of. */
export interface Opened {
  readonly store: MongoStore
  /** The names of the events so far. */
  readonly events: string[]
  /** What went wrong that nobody was there to be told of. */
  readonly errors: unknown[]
}

const open: MongoStore[] = []

/** Opens a store, which `closeOpened` closes. */
export function opened(options: MongoStoreOptions): Opened {
  const events: string[] = []
  const errors: unknown[] = []
  const store = new MongoStore(options, {
    adapter: 'AsyncMongoCache',
    emit(event, _, facts) {
      events.push(event)
      if (event === 'error') errors.push((facts as { error: unknown } | undefined)?.error)
    },
  })
  open.push(store)
  return { store, events, errors }
}

/** Closes what has been opened. */
export async function closeOpened(): Promise<void> {
  await Promise.all(open.splice(0).map((store) => store.close()))
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

/** All that an async iterable gives. */
export async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** Waits until something is so. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 5000): Promise<void> {
  const limit = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`This did not come true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
