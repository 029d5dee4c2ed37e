import type { PreparedKey } from '../verbs/cache-core.ts'

/** How many keys are remembered, the most arguments and the longest text of which they are. */
const MANY = 10_000
const MANY_ARGUMENTS = 4
const LONG = 64

/** Where one goes from the arguments so far, and the key when these are all. */
interface Node {
  key: PreparedKey | undefined
  next: Map<unknown, Node> | undefined
}

/**
 * The keys of calls with few small primitives, because text that is put together anew has to be hashed anew to be looked up:
 * a hit in memory with one argument takes 98 ns that way, and 250 without (1000 keys, node 20). Bounded: when there are many,
 * all are forgotten.
 */
export class RememberedKeys {
  readonly #ofOne = new Map<unknown, PreparedKey>()
  #ofMany: Node = { key: undefined, next: undefined }
  #count = 0

  ofOne(argument: unknown): PreparedKey | undefined {
    // A Map takes -0 for 0.
    return argument === 0 && Object.is(argument, -0) ? undefined : this.#ofOne.get(argument)
  }

  of(args: readonly unknown[]): PreparedKey | undefined {
    if (args.length === 1) return this.ofOne(args[0])
    let node: Node | undefined = this.#ofMany
    for (let i = 0; i < args.length; i++) {
      node = Object.is(args[i], -0) ? undefined : node.next?.get(args[i])
      if (node === undefined) return undefined
    }
    return node.key
  }

  /** Remembers a key that was not. */
  remember(args: readonly unknown[], key: PreparedKey): void {
    if (args.length > MANY_ARGUMENTS || !args.every(isSmall)) return
    if (this.#count >= MANY) this.clear()
    this.#count++
    if (args.length === 1) this.#ofOne.set(args[0], key)
    else args.reduce<Node>(follow, this.#ofMany).key = key
  }

  clear(): void {
    this.#ofOne.clear()
    this.#ofMany = { key: undefined, next: undefined }
    this.#count = 0
  }
}

function follow(node: Node, argument: unknown): Node {
  node.next ??= new Map()
  const known = node.next.get(argument)
  if (known !== undefined) return known
  const next: Node = { key: undefined, next: undefined }
  node.next.set(argument, next)
  return next
}

function isSmall(argument: unknown): boolean {
  if (typeof argument === 'string') return argument.length <= LONG
  return (typeof argument === 'number' && !Object.is(argument, -0)) || typeof argument === 'boolean'
}
