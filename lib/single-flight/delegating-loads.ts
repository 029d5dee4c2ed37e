import type { Flow } from '../core/flow.ts'
import { type Flight, Flights } from './loads.ts'

/** The flights of another, for who does something more at some of their verbs. */
export abstract class FlightsWithin extends Flights {
  protected readonly within: Flights

  constructor(within: Flights) {
    super()
    this.within = within
  }

  override get size(): number {
    return this.within.size
  }

  override find(id: string): Flight | undefined {
    return this.within.find(id)
  }

  override begin(id: string, who: object): Flight {
    return this.within.begin(id, who)
  }

  override end(flight: Flight): void {
    this.within.end(flight)
  }

  override void(id: string, who: object): void {
    this.within.void(id, who)
  }

  override voidAll(prefix: string, who: object): void {
    this.within.voidAll(prefix, who)
  }

  override landing(flight: Flight): Promise<unknown> {
    return this.within.landing(flight)
  }

  override landed(): Promise<void> {
    return this.within.landed()
  }

  override turn(id: string): Flow<() => void> {
    return this.within.turn(id)
  }
}
