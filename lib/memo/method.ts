import { andThen } from '../core/flow.ts'
import { nameOfInstance } from '../core/instances.ts'
import type { Key } from '../core/types.ts'
import { keyOf } from '../entry/validate.ts'
import { lookAlike } from './copy-function-properties.ts'
import { escaped } from './generations.ts'
import { Memo } from './memo.ts'
import { type Fn, type LooseOptions, type Recipe, recipeOf, type TextOf } from './options.ts'
import { remember } from './unwrap.ts'

/** Whose results are apart: see `CacheableOptions`. */
export type Per = 'instance' | 'class' | ((instance: never) => Key)

/** What a decorator knows of a method. */
export interface Declared {
  readonly name: PropertyKey
  readonly isStatic: boolean
}

/** The options of a decorated method. */
export type MethodOptions = LooseOptions & { readonly per?: Per | undefined }

/** How a decorated method answers a call. */
type Use = (memo: Memo, self: unknown, args: readonly unknown[]) => unknown

/** The methods behind the functions that were put in front of them. */
const methods = new WeakMap<object, Method>()

/** A decorated method, or getter: memoised once for each class that has it, as the class is not there yet when it is decorated. */
export class Method {
  readonly #fn: Fn
  readonly #declared: Declared
  readonly #options: LooseOptions
  readonly #per: Per
  readonly #memos = new WeakMap<object, Memo>()
  /** The function in front of it. */
  readonly front: Fn

  constructor(fn: Fn, declared: Declared, { per = 'instance', ...options }: MethodOptions, use: Use) {
    if (per !== 'instance' && per !== 'class' && typeof per !== 'function') {
      throw new TypeError(`per must be 'instance', 'class' or a function, not ${JSON.stringify(per)}.`)
    }
    // Says at once what is wrong with the options. The name is another one later.
    recipeOf(fn, { name: 'method', ...options })
    this.#fn = fn
    this.#declared = declared
    this.#options = options
    this.#per = per
    const method = this
    const front = function (this: unknown, ...args: unknown[]): unknown {
      const memo = method.memoFor(this)
      return memo === undefined ? Reflect.apply(fn, this, args) : use(memo, this, args)
    }
    this.front = remember(lookAlike(front, fn), fn)
    methods.set(this.front, this)
  }

  /** What is decorated under a name of an object, or of a class where it is static. */
  static of(object: object, name: PropertyKey): Method | undefined {
    for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
      const own = Object.getOwnPropertyDescriptor(at, name)
      if (own !== undefined) return methods.get(own.get ?? own.value)
    }
    return undefined
  }

  /** The memoised method of the class of what it is called on; of nothing, it is called as it is. */
  memoFor(self: unknown): Memo | undefined {
    if (!isObject(self)) return undefined
    const owner = (this.#declared.isStatic ? self : (self.constructor ?? Object)) as Fn
    const known = this.#memos.get(owner)
    if (known !== undefined) return known

    const memo = new Memo(this.#recipe(self, owner))
    this.#memos.set(owner, memo)
    return memo
  }

  #recipe(self: object, owner: Fn): Recipe {
    const recipe = recipeOf(this.#fn, { ...this.#options, name: this.#options.name ?? this.#nameIn(self, owner) })
    const isNamed = this.#options.name !== undefined
    if (this.#declared.isStatic || this.#per === 'class') return { ...recipe, isNamed }
    const hasOwnKeys = this.#per === 'instance' && recipe.hasOwnKeys
    return { ...recipe, isNamed, textOf: textWithInstance(recipe.textOf, this.#per), hasOwnKeys, hasPlainKeys: false }
  }

  /** `User#load`, `User.load` of a static one, and `Admin<User#load` of one that the class has inherited. */
  #nameIn(self: object, owner: Fn): string {
    const { isStatic } = this.#declared
    const name = textOfName(this.#declared.name)
    const declarer = this.#declarer(self) ?? owner
    if (owner.name === '' || declarer.name === '') {
      throw new TypeError(
        `The method ${name} of an anonymous class cannot be memoised without a name: { name: 'User#${name}' }.`,
      )
    }
    const own = `${declarer.name}${isStatic ? '.' : '#'}${name}`
    return owner === declarer ? own : `${owner.name}<${own}`
  }

  /** The class that the method stands in, where that can be found out. */
  #declarer(self: object): Fn | undefined {
    for (let at: object | null = self; at !== null; at = Object.getPrototypeOf(at)) {
      const own = Object.getOwnPropertyDescriptor(at, this.#declared.name)
      if (own !== undefined && (own.value === this.front || own.get === this.front)) {
        return (this.#declared.isStatic ? at : at.constructor) as Fn
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

function textWithInstance(textOf: TextOf, per: Exclude<Per, 'class'>): TextOf {
  const nameOf = per === 'instance' ? nameOfInstance : (instance: object) => escaped(keyOf(per(instance as never)))
  return (self, args) => {
    const name = nameOf(self as object)
    return andThen(textOf(self, args), (text) => `${name}:${text}`)
  }
}
