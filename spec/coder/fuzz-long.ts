import { FORMATS, fuzz } from './fuzzing.ts'

/** `npm run fuzz -- 10`: fuzzes the decoders of every format for that many minutes, with a new seed every ten seconds. */
const minutes = Number(process.argv[2] ?? 10)
const end = performance.now() + minutes * 60_000
const runs: Record<string, number> = {}
while (performance.now() < end) {
  for (const [name, format] of Object.entries(FORMATS)) {
    const seed = Math.floor(Math.random() * 2 ** 31)
    runs[name] = (runs[name] ?? 0) + fuzz(format, seed, 10_000)
  }
}
console.log(runs)
