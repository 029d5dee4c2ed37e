import { andThen } from '../core/flow.ts'
import { nameOfInstance } from '../core/instances.ts'
import type { Key } from '../core/types.ts'
import { keyOf } from '../entry/validate.ts'
import { escaped } from './generations.ts'
import { Memo } from './memo.ts'
import { type KeyText, type LooseOptions, type Recipe, recipeOf } from './options.ts'
import { type Fn, wrap } from './wrapping.ts'

/** Scope of shared results: see `CacheableOptions`. */
export type Per = 'instance' | 'class' | ((instance: never) => Key)

/** The facts that a decorator knows about a method. */
export interface Declaration {
  readonly name: PropertyKey
  readonly isStatic: boolean
}

/** The options of a decorated method. */
export type MethodOptions = LooseOptions & {
  readonly per?: Per | undefined
  /** It writes or removes results of the `cacheable` of its name. */
  readonly isGuest?: boolean
}

/** Answers a call of a decorated method. */
type Use = (memo: Memo, self: unknown, args: readonly unknown[]) => unknown

/** The decorated methods by their wrappers. */
const methods = new WeakMap<object, Method>()

/** A decorated method or getter. It is memoized once per class, at its first call: classes do not exist yet when decorators run. */
export class Method {
  readonly #fn: Fn
  readonly #declaration: Declaration
  readonly #options: LooseOptions
  readonly #per: Per
  readonly #isGuest: boolean
  readonly #memos = new WeakMap<object, Memo>()
  /** The function that takes its place. */
  readonly wrapper: Fn

  constructor(fn: Fn, declaration: Declaration, options: MethodOptions, use: Use) {
    const { per = 'instance', isGuest = false, ...memoOptions } = options
    if (per !== 'instance' && per !== 'class' && typeof per !== 'function') {
      throw new TypeError(`per must be 'instance', 'class' or a function, not ${JSON.stringify(per)}.`)
    }
    // Refuses wrong options at once.
    recipeOf(fn, memoOptions)
    this.#fn = fn
    this.#declaration = declaration
    this.#options = memoOptions
    this.#per = per
    this.#isGuest = isGuest
    const method = this
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      const memo = method.memoFor(this)
      return memo === undefined ? Reflect.apply(fn, this, args) : use(memo, this, args)
    }
    this.wrapper = wrap(wrapper, fn)
    methods.set(this.wrapper, this)
  }

  /** The decorated method under a name of an object, or of a class if it is static. */
  static of(object: object, name: PropertyKey): Method | undefined {
    for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
      const own = Object.getOwnPropertyDescriptor(at, name)
      if (own !== undefined) return methods.get(own.get ?? own.value)
    }
    return undefined
  }

  /** The method as the class of `self` has it; `undefined` without an object, where it runs without a cache. */
  memoFor(self: unknown): Memo | undefined {
    if (!isObject(self)) return undefined
    const owner = (this.#declaration.isStatic ? self : (self.constructor ?? Object)) as Fn
    const known = this.#memos.get(owner)
    if (known !== undefined) return known

    const memo = new Memo(this.#recipe(self, owner))
    this.#memos.set(owner, memo)
    return memo
  }

  #recipe(self: object, owner: Fn): Recipe {
    const given = recipeOf(this.#fn, this.#options)
    const readable = given.isNamed ? given.name : this.#nameIn(self, owner)
    const id = given.isNamed ? given.id : escaped(readable)
    const recipe = { ...given, name: readable, id, reportsCollisions: !this.#isGuest }
    if (this.#declaration.isStatic || this.#per === 'class') return recipe
    const hasOwnKeys = this.#per === 'instance' && recipe.hasOwnKeys
    return { ...recipe, keyText: keyTextWithInstance(recipe.keyText, this.#per), hasOwnKeys, hasPlainKeys: false }
  }

  /** The readable part of keys: `User#load`, `User.load` if it is static, `Admin<User#load` if the class inherits it. */
  #nameIn(self: object, owner: Fn): string {
    const { isStatic } = this.#declaration
    const declarer = this.#declarer(self) ?? owner
    const own = `${declarer.name}${isStatic ? '.' : '#'}${textOfName(this.#declaration.name)}`
    return owner === declarer ? own : `${owner.name}<${own}`
  }

  /** The class that declares the method, if it can be found. */
  #declarer(self: object): Fn | undefined {
    for (let at: object | null = self; at !== null; at = Object.getPrototypeOf(at)) {
      const own = Object.getOwnPropertyDescriptor(at, this.#declaration.name)
      if (own !== undefined && (own.value === this.wrapper || own.get === this.wrapper)) {
        return (this.#declaration.isStatic ? at : at.constructor) as Fn
      }
    }
    return undefined
  }
}

function isObject(x: unknown): x is object {
  return (typeof x === 'object' && x !== null) || typeof x === 'function'
}

/** A property's name for people. */
export function textOfName(name: PropertyKey): string {
  return typeof name === 'symbol' ? (name.description ?? '') : String(name)
}

function keyTextWithInstance(keyText: KeyText, per: Exclude<Per, 'class'>): KeyText {
  const nameOf = per === 'instance' ? nameOfInstance : (instance: object) => escaped(keyOf(per(instance as never)))
  return (self, args) => {
    const name = nameOf(self as object)
    return andThen(keyText(self, args), (text) => `${name}:${text}`)
  }
}
