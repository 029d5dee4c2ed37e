export type { Factory, Runner } from './bench.ts'
export { AsyncChaosCache, type Chaos, ChaosCache } from './chaos.ts'
export { type ConformsOptions, conforms } from './conforms.ts'
export { FakeClock } from './fake-clock.ts'
