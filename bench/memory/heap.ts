import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Takes all that nobody can reach, and lets those know who want to. */
export async function collectGarbage(): Promise<void> {
  // The memory of a typed array is returned a turn later, and finalizers may release more.
  for (let i = 0; i < 3; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** The bytes that are in use, in V8's heap and beside it, when all that nobody can reach has been taken. */
export async function bytesInUse(): Promise<number> {
  await collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
