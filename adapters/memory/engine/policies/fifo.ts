import { Lru } from './lru.ts'

/** Gives up what was stored first, however often it is used. */
export class Fifo extends Lru {
  override touch(): void {}
}
