import { setImmediate as turn } from 'node:timers/promises'

/** The process warnings of a code that are told while `fn` runs, and just after. */
export async function warningsOf(code: string, fn: () => unknown): Promise<string[]> {
  const told: string[] = []
  const listener = (warning: Error & { code?: string }) => {
    if (warning.code === code) told.push(warning.message)
  }
  process.on('warning', listener)
  try {
    await fn()
    await turn()
  } finally {
    process.off('warning', listener)
  }
  return told
}
