import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'

const METHODS = ['log', 'info', 'warn', 'error', 'debug'] as const

/** Sees to it that the specs of this suite leave no words on the console and no rejection unhandled. Call it in `describe`. */
export function staysQuiet(): void {
  const original = METHODS.map((method) => console[method])
  const said: unknown[][] = []
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)

  beforeEach(() => {
    process.on('unhandledRejection', note)
    for (const method of METHODS) console[method] = (...words: unknown[]) => void said.push(words)
  })

  afterEach(async () => {
    // Rejections are told of after the microtasks of a tick.
    await sleep(0)
    process.off('unhandledRejection', note)
    METHODS.forEach((method, i) => {
      console[method] = original[i]!
    })
    expect(said.splice(0), 'words on the console').to.deep.equal([])
    expect(unhandled.splice(0), 'unhandled rejections').to.deep.equal([])
  })
}
