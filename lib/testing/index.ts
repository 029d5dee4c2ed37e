/**
 * Tools for tests: the proof of an adapter, and caches, clocks and networks that tests control.
 *
 * A third party proves an adapter in one line, in a spec of mocha, jest, vitest or node:test:
 *
 *   describe('MyCache', () => conforms((options) => new MyCache(options)))
 *
 * The factory is called once for each test. It passes on the clock, so that time is moved rather than slept, and the prefix,
 * so that tests do not meet in a shared store. A cache that passes behaves like every other one: same verbs, same values,
 * same single flight, same errors. A wrapper passes over a cache in memory and over an `AsyncChaosCache` with a delay.
 */
export type { Factory, Runner } from './bench.ts'
export { AsyncChaosCache, type Chaos, ChaosCache, type ChaosVerb } from './chaos.ts'
export { type ConformsOptions, conforms } from './conforms.ts'
export { FakeClock } from './fake-clock.ts'
export { seeded } from './random.ts'
export { type TcpProxy, tcpProxy } from './tcp-proxy.ts'
