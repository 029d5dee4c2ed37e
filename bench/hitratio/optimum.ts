/**
 * The hits of the best policy there could be: what is used again last goes first, be it the newcomer itself (Belady's MIN of
 * 1966, with bypass). What is never used again is not kept at all, so that every deadline in the heap is one of its own.
 */
export function optimalHits(requests: Int32Array, capacity: number): number {
  const next = nextUses(requests)
  const due = new Int32Array(keysOf(requests)).fill(-1)
  const heap = new Latest(requests.length)
  let kept = 0
  let hits = 0
  for (let i = 0; i < requests.length; i++) {
    const key = requests[i]!
    if (due[key] === i) {
      hits++
      kept--
    }
    due[key] = -1
    const use = next[i]!
    if (use === requests.length) continue

    if (kept === capacity) {
      if (heap.latest < use) continue
      due[requests[heap.take()]!] = -1
      kept--
    }
    due[key] = use
    heap.put(use)
    kept++
  }
  return hits
}

/** How many keys there may be. */
function keysOf(requests: Int32Array): number {
  return requests.reduce((most, key) => Math.max(most, key + 1), 0)
}

/** Where the key of each request is asked for again; the number of requests when it never is. */
function nextUses(requests: Int32Array): Int32Array {
  const next = new Int32Array(requests.length)
  const seen = new Int32Array(keysOf(requests)).fill(requests.length)
  for (let i = requests.length - 1; i >= 0; i--) {
    const key = requests[i]!
    next[i] = seen[key]!
    seen[key] = i
  }
  return next
}

/** A binary heap whose first is the latest. Uses that have come to pass sink to its ground, and are left there. */
class Latest {
  readonly #uses: Int32Array
  #size = 0

  constructor(capacity: number) {
    this.#uses = new Int32Array(capacity)
  }

  get latest(): number {
    return this.#uses[0]!
  }

  put(use: number): void {
    const uses = this.#uses
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (uses[parent]! > use) break
      uses[at] = uses[parent]!
      at = parent
    }
    uses[at] = use
  }

  take(): number {
    const uses = this.#uses
    const latest = uses[0]!
    const last = uses[--this.#size]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#size) break
      if (child + 1 < this.#size && uses[child + 1]! > uses[child]!) child++
      if (uses[child]! < last) break
      uses[at] = uses[child]!
      at = child
    }
    uses[at] = last
    return latest
  }
}
