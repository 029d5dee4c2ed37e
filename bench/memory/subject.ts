import type { Whole } from './whole.ts'

/** Runs an experiment in a process of its own, and sends what came out. Arguments: the module, from here, and the contestant. */
const [, , module, contestant] = process.argv
const { whole } = (await import(new URL(module!, import.meta.url).href)) as { whole: Whole }
process.send!(await whole.contestants[contestant!]!(), () => process.disconnect())
