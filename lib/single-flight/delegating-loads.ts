import type { Flow } from '../core/flow.ts'
import { type Load, Loads } from './loads.ts'

/** The flights of another, for who does something more at some of their verbs. */
export abstract class DelegatingLoads extends Loads {
  protected readonly inner: Loads

  constructor(within: Loads) {
    super()
    this.inner = within
  }

  override get root(): Loads {
    return this.inner.root
  }

  override get size(): number {
    return this.inner.size
  }

  override find(id: string): Load | undefined {
    return this.inner.find(id)
  }

  override start(id: string, who: object): Load {
    return this.inner.start(id, who)
  }

  override end(load: Load): void {
    this.inner.end(load)
  }

  override invalidate(id: string, who: object): void {
    this.inner.invalidate(id, who)
  }

  override invalidateAll(prefix: string, who: object): void {
    this.inner.invalidateAll(prefix, who)
  }

  override promiseOf(load: Load): Promise<unknown> {
    return this.inner.promiseOf(load)
  }

  override settled(): Promise<void> {
    return this.inner.settled()
  }

  override lockKey(id: string): Flow<() => void> {
    return this.inner.lockKey(id)
  }
}
