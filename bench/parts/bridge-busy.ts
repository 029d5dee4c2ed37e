import { bridgePart } from './bridge.ts'

/** The bridge where the calling thread and the worker have one core between them, so that spinning only costs. */
export const part = bridgePart('no core free', 1.35, ['taskset', '-c', '0'])
