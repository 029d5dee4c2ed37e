/** Something that is under way to the far level, and back with what the near one shall keep. */
export class Errand {
  readonly id: string
  /** Nothing that may be newer has happened to the key since it began. */
  isLatest: boolean

  constructor(id: string, isLatest: boolean) {
    this.id = id
    this.isLatest = isLatest
  }
}

/**
 * What is under way between two levels, by key: so that a value that was read at the far level before a removal, or written
 * there before another one, is not what the near level keeps in the end. Nor is what is read or written while the key is
 * being cleared: a clear takes its time, and whether it came before or after is not known.
 */
export class Traffic {
  readonly #byId = new Map<string, Set<Errand>>()
  readonly #wipes = new Set<{ readonly prefix: string }>()

  /** Something is under way from now on, until it ends. */
  begin(id: string): Errand {
    const errand = new Errand(id, !this.#isWiped(id))
    const errands = this.#byId.get(id) ?? new Set()
    this.#byId.set(id, errands.add(errand))
    return errand
  }

  end(errand: Errand): void {
    const errands = this.#byId.get(errand.id)
    if (errands?.delete(errand) && errands.size === 0) this.#byId.delete(errand.id)
  }

  /** Nothing that is under way for a key may be kept. */
  supersede(id: string): void {
    if (this.#byId.size === 0) return
    for (const errand of this.#byId.get(id) ?? []) errand.isLatest = false
  }

  /** All keys that begin with a prefix are being removed from now on, until the answer is called. */
  beginWipe(prefix: string): () => void {
    for (const id of this.#byId.keys()) if (id.startsWith(prefix)) this.supersede(id)
    const wipe = { prefix }
    this.#wipes.add(wipe)
    return () => {
      this.#wipes.delete(wipe)
    }
  }

  #isWiped(id: string): boolean {
    for (const { prefix } of this.#wipes) if (id.startsWith(prefix)) return true
    return false
  }
}
