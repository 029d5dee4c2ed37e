import { cached } from '../../lib/index.ts'
import { measured } from './caching.ts'
import { treeOf } from './files.ts'
import type { Measured } from './measure.ts'

/** One pass over a folder, and what became of it. */
export interface Pass {
  readonly measured: Measured[]
  readonly unreadable: string[]
  /** How many values came from the cache, */
  readonly hits: number
  /** and how many had to be made. */
  readonly made: number
  /** How long all of it took, in ms. */
  readonly took: number
}

/** Is told how far a pass has come. */
export interface Progress {
  start(total: number): void
  step(): void
  stop(): void
}

/** Measures all files of a folder. */
export function passOver(folder: string, progress: Progress): Pass {
  const began = performance.now()
  const before = cached.stats()
  const { files, unreadable } = treeOf(folder)
  const results: Measured[] = []

  progress.start(files.length)
  for (const file of files) {
    try {
      results.push(measured(file))
    } catch (error) {
      // An error of the loader comes through the cache untouched: here, that a file cannot be read.
      if (!isSystemError(error)) throw error
      unreadable.push(file.path)
    }
    progress.step()
  }
  progress.stop()

  const hits = cached.stats().hits - before.hits
  return { measured: results, unreadable, hits, made: results.length - hits, took: performance.now() - began }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
