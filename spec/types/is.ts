/**
 * What the compiler promises is held to by the compiler: these files are not run, `tsc` reads them. `is<Equal<A, B>>()`
 * is an error unless the two types are the very same, and a line below `@ts-expect-error` unless it is wrong.
 */
export declare function is<T extends true>(proof?: T): void

/** Whether two types are the same, `any`, `unknown` and optional members told apart. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Whether a type is `any`, which is equal to everything and checks nothing. */
export type IsAny<T> = 0 extends 1 & T ? true : false

/** The names of members that are `any`, or functions or classes with `any` in what they take or give. */
export type AnyIn<T> = {
  [K in keyof T]-?: IsAny<T[K]> extends true
    ? K
    : T[K] extends (...args: infer A) => infer R
      ? true extends IsAny<R> | IsAny<A[number]>
        ? K
        : never
      : T[K] extends abstract new (
            ...args: infer A
          ) => infer I
        ? true extends IsAny<A[number]>
          ? K
          : AnyIn<I> extends never
            ? never
            : [K, AnyIn<I>]
        : never
}[keyof T]
