import type { Cache, RegisteredMode } from '../core/types.ts'
import { cached } from './cached.ts'

type Verbs = Cache<RegisteredMode>

/** `cached.get` as a function. */
export const get: Verbs['get'] = cached.get
/** `cached.set` as a function. */
export const set: Verbs['set'] = cached.set
/** `cached.getOrSet` as a function. */
export const getOrSet: Verbs['getOrSet'] = cached.getOrSet
/** `cached.getOrSetAsync` as a function. */
export const getOrSetAsync: Verbs['getOrSetAsync'] = cached.getOrSetAsync
/** `cached.remove` as a function. */
export const remove: Verbs['remove'] = cached.remove
/** `cached.updateTimeout` as a function. */
export const updateTimeout: Verbs['updateTimeout'] = cached.updateTimeout
/** `cached.has` as a function. */
export const has: Verbs['has'] = cached.has
