import type { Entry } from '../../lib/contract.ts'
import { isFresh } from '../../lib/entry.ts'

/** An entry in its place in the ring of entries. Only the ring's own fields ever change. */
class Node implements Entry {
  readonly key: string
  readonly value: unknown
  readonly created: number
  readonly expires: number | null
  readonly until: number | null
  readonly tags: readonly string[] | undefined
  /** `expires` as a number in any case, so that one comparison tells whether it is fresh. */
  readonly deadline: number
  /** It was read since the hand last came by, and gets a second chance. */
  used = false
  previous: Node = this
  next: Node = this

  constructor(key: string, { value, created, expires, until, tags }: Entry) {
    this.key = key
    this.value = value
    this.created = created
    this.expires = expires
    this.deadline = expires ?? Number.POSITIVE_INFINITY
    this.until = until
    this.tags = tags
  }
}

/** Told of what the store removes by itself. */
export interface Losses {
  expired(key: string): void
  evicted(key: string): void
}

/**
 * Entries in memory, never more than `maxEntries`. They stand in a ring; to make room, a hand goes round and takes the first
 * that was not read since it last came by (CLOCK: Corbató, 1968). The hand also moves a little at every write and takes what
 * has expired, so that the dead go without a timer.
 */
export class MemoryStore {
  /** The most entries that are kept unless another bound is given. */
  static readonly MAX_ENTRIES = 100_000

  readonly #nodes = new Map<string, Node>()
  readonly #maxEntries: number
  #hand: Node | undefined

  /** @param maxEntries the most entries that are ever kept; `null` for no bound */
  constructor(maxEntries: number | null) {
    this.#maxEntries = maxEntries ?? Number.POSITIVE_INFINITY
  }

  get size(): number {
    return this.#nodes.size
  }

  /** The entry under a key, which counts as a use of it. */
  read(key: string): Node | undefined {
    const node = this.#nodes.get(key)
    if (node !== undefined && !node.used) node.used = true
    return node
  }

  write(key: string, entry: Entry, now: number, losses: Losses): void {
    const old = this.#nodes.get(key)
    const node = new Node(key, entry)
    if (old !== undefined) {
      node.used = true
      this.#replace(old, node)
    } else {
      this.#sweep(now, losses)
      while (this.#nodes.size >= this.#maxEntries) this.#evict(now, losses)
      this.#insert(node)
    }
    this.#nodes.set(key, node)
  }

  /** Removes a key, and answers whether there was an entry that had not expired. */
  drop(key: string, now: number): boolean {
    const node = this.#nodes.get(key)
    if (node === undefined) return false
    this.#remove(node)
    return isFresh(node, now)
  }

  *keys(prefix: string): Generator<string, void, undefined> {
    for (const key of this.#nodes.keys()) if (key.startsWith(prefix)) yield key
  }

  clear(): void {
    this.#nodes.clear()
    this.#hand = undefined
  }

  /** Takes the expired among the next two of the ring. */
  #sweep(now: number, losses: Losses): void {
    for (let i = 0; i < 2 && this.#hand !== undefined; i++) {
      const node = this.#hand
      this.#hand = node.next
      if (isForgotten(node, now)) this.#expire(node, losses)
    }
  }

  #evict(now: number, losses: Losses): void {
    for (;;) {
      const node = this.#hand!
      this.#hand = node.next
      if (isForgotten(node, now)) {
        this.#expire(node, losses)
        return
      }
      if (!node.used) {
        this.#remove(node)
        losses.evicted(node.key)
        return
      }
      node.used = false
    }
  }

  #expire(node: Node, losses: Losses): void {
    this.#remove(node)
    losses.expired(node.key)
  }

  /** Puts a node where the hand comes by last. */
  #insert(node: Node): void {
    const hand = this.#hand
    if (hand === undefined) {
      this.#hand = node
      return
    }
    node.previous = hand.previous
    node.next = hand
    hand.previous.next = node
    hand.previous = node
  }

  #replace(old: Node, node: Node): void {
    this.#insert(node)
    this.#unlink(old)
  }

  #remove(node: Node): void {
    this.#nodes.delete(node.key)
    this.#unlink(node)
  }

  #unlink(node: Node): void {
    if (this.#hand === node) this.#hand = node.next === node ? undefined : node.next
    node.previous.next = node.next
    node.next.previous = node.previous
  }
}

function isForgotten(node: Node, now: number): boolean {
  return node.until !== null && node.until <= now
}
