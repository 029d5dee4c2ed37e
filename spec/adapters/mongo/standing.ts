import { writeSync } from 'node:fs'
import { wireServer } from './wire-server.ts'

/** A stand-in server in a process of its own, for caches that stop this one while they wait for it. Tells its port. */
const { port } = await wireServer()
writeSync(1, `${port}\n`)
// It ends with whoever started it.
process.stdin.on('end', () => process.exit()).resume()
