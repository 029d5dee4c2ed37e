import type { PreparedKey } from '../verbs/cache-core.ts'

/** Keys that are remembered at most, arguments of one, and characters of an argument. */
const MAX_KEYS = 10_000
const MAX_ARGUMENTS = 4
const MAX_LENGTH = 64

/** The keys of calls that begin with the same arguments. */
interface Node {
  key: PreparedKey | undefined
  next: Map<unknown, Node> | undefined
}

/**
 * Remembers the keys of calls with few small primitives: a text that is put together again has to be hashed again to be
 * looked up. A hit in memory with one argument takes 98 ns with it and 250 without (1000 keys, node 20). Bounded: when it is
 * full it starts from nothing.
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

  /** Remembers a key. */
  remember(args: readonly unknown[], key: PreparedKey): void {
    if (args.length > MAX_ARGUMENTS || !args.every(isSmall)) return
    if (this.#count >= MAX_KEYS) this.clear()
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
  if (typeof argument === 'string') return argument.length <= MAX_LENGTH
  return (typeof argument === 'number' && !Object.is(argument, -0)) || typeof argument === 'boolean'
}
