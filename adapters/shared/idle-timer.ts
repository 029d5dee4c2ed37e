/** How long a client must have had nothing to do before it may be closed, in ms. */
const IDLE_MS = 1000

/** Resources that keep a process alive to serve others: listening sockets, ports of threads. */
const SERVING = /(Server|UDP)Wrap$|^MessagePort$/i

/**
 * Closes an idle client so that the process can end by itself. The timers and sockets of some clients keep a process alive
 * for as long as they are open, and cannot be unreferenced; so a client that has been idle for a second is closed, and the
 * next verb opens another. A process that serves others does not end by itself anyway: there the client stays open.
 */
export class IdleTimer {
  readonly #close: () => void
  #timer: NodeJS.Timeout | undefined

  /** @param close closes the client if it is still idle */
  constructor(close: () => void) {
    this.#close = close
  }

  /** The client is idle from now on. */
  begin(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(this.#look, IDLE_MS).unref()
    else this.#timer.refresh()
  }

  /** The client is closed. */
  end(): void {
    clearTimeout(this.#timer)
  }

  readonly #look = (): void => {
    if (isServing()) this.#timer?.refresh()
    else this.#close()
  }
}

function isServing(): boolean {
  // The workers of a cluster listen through their parent.
  return process.connected === true || process.getActiveResourcesInfo().some((name) => SERVING.test(name))
}
