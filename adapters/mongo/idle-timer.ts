/** How long nothing has to be asked before a client may be closed, in ms. */
const REST_MS = 1000

/** What a process waits for that lives to serve others: listening sockets, ports of threads. */
const SERVING = /(Server|UDP)Wrap$|^MessagePort$/i

/**
 * Lets a process end by itself. The timers and sockets of the driver keep one alive for as long as its client is open, and
 * cannot be told not to; so a client that has had nothing to do for a second is closed, and opened again by the next verb. A
 * process that serves others does not end by itself anyway: there the client stays open, at no cost.
 */
export class Rest {
  readonly #over: () => void
  #timer: NodeJS.Timeout | undefined

  /** @param over closes the client if it still has nothing to do */
  constructor(over: () => void) {
    this.#over = over
  }

  /** There is nothing to do as of now. */
  begin(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(this.#look, REST_MS).unref()
    else this.#timer.refresh()
  }

  /** The client is closed. */
  end(): void {
    clearTimeout(this.#timer)
  }

  readonly #look = (): void => {
    if (isServing()) this.#timer?.refresh()
    else this.#over()
  }
}

function isServing(): boolean {
  // The workers of a cluster listen through their parent.
  return process.connected === true || process.getActiveResourcesInfo().some((name) => SERVING.test(name))
}
