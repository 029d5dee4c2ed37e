export * from '../key-text/index.ts'
export {
  cacheFunctions,
  cacheMethods,
  type FunctionsIn,
  type ManyOptions,
  type WithMemoized,
} from '../predecessors/cachetools-utils/cache-methods.ts'
export {
  type Clearer,
  cache,
  createMemo,
  type MemoCache,
  type Memoizer,
  type TtlOptions,
} from '../predecessors/cachetoolz/create-memo.ts'
export { type ClearingOptions, clearNamespaces, type Names, type When } from './clear.ts'
export {
  type CacheableDecorator,
  type CacheableOptions,
  type CacheClearDecorator,
  type CacheClearOptions,
  cacheable,
  cacheClear,
  cachePut,
  type Decorator,
  type MethodContext,
  memoOf,
} from './decorators.ts'
export { memoize } from './memoize.ts'
export type { Per } from './method.ts'
export type {
  AnyFunction,
  Called,
  DefaultCache,
  MemoFailure,
  Memoized,
  MemoOptions,
  MemoStats,
  MemoVerbs,
  ModeOf,
  ResultOf,
} from './types.ts'
