/** Something that is under way to the far level, and back with what the near one shall keep. */
export class Errand {
  readonly id: string
  /** Nothing newer has happened to the key since it began. */
  isLatest = true

  constructor(id: string) {
    this.id = id
  }
}

/**
 * What is under way between two levels, by key: so that a value that was read at the far level before a removal, or written
 * there before another one, is not what the near level keeps in the end.
 */
export class Traffic {
  readonly #byId = new Map<string, Set<Errand>>()

  /** How many keys have something under way. */
  get size(): number {
    return this.#byId.size
  }

  /** Something is under way from now on, until it ends. */
  begin(id: string): Errand {
    const errand = new Errand(id)
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

  /** Nothing that is under way for keys that begin with a prefix may be kept. */
  supersedeAll(prefix: string): void {
    for (const id of this.#byId.keys()) if (id.startsWith(prefix)) this.supersede(id)
  }
}
