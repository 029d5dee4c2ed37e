import type { Stats } from '../../core/events.ts'
import type { Mode, Timeout } from '../../core/types.ts'
import type { WrapperOptions } from '../base/wrapped.ts'

/** The options of a `TwoLevelCache`. */
export interface TwoLevelOptions extends WrapperOptions {
  /**
   * Goes on with the near level alone while the far one fails, with an event `backendError` each time: what is read there is
   * a miss, and what is written or removed there is not. @default false: failures of the far level are thrown
   */
  resilient?: boolean | undefined
  /** The longest that the near level keeps an entry before the far one is asked again. @default as long as the entry lives */
  nearTimeout?: Timeout | undefined
}

/** The colour of two levels: synchronous if both are. */
export type Both<N extends Mode, F extends Mode> = N extends 'sync' ? F : 'async'

/** The counts of both levels beside those of the whole. */
export interface TwoLevelStats extends Stats {
  readonly near: Stats
  readonly far: Stats
}

/** What an atomic change starts from that is decided at the near level, because the far one fails. */
export class NearMark {
  readonly version: unknown
  constructor(version: unknown) {
    this.version = version
  }
}
