import { expect } from 'chai'
import { FORMATS, fuzz } from './fuzzing.ts'

/** How long each format is fuzzed, in ms: in CI ten times as long as elsewhere, a minute in all. */
const TIME = process.env.CACHE_SPEC_FAST !== undefined ? 100 : process.env.CI !== undefined ? 10_000 : 1000

const seed = Number(process.env.CACHE_SPEC_SEED ?? Math.floor(Math.random() * 2 ** 31))

describe(`Stored data that was damaged by chance (CACHE_SPEC_SEED=${seed})`, () => {
  for (const [name, format] of Object.entries(FORMATS)) {
    it(`in the format ${name} is a CoderError or a value that can be printed, in bounded time and memory`, () => {
      expect(fuzz(format, seed, TIME)).to.be.above(10)
    }).timeout(TIME + 20_000)
  }
})
