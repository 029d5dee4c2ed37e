import type { Measured } from './measure.ts'

/** The sums over several files. */
export interface Sum {
  readonly kind: string
  files: number
  bytes: number
  lines: number
}

/** The contents of a folder. */
export interface Summary {
  readonly total: Sum
  /** The kinds of files, those with the most bytes first. */
  readonly kinds: Sum[]
  /** Files whose very content another file has too, that other one not counted. */
  readonly copies: Sum
}

/** Adds up what the files of a folder measure. */
export function summaryOf(files: readonly Measured[]): Summary {
  const total = nothingOf('all')
  const copies = nothingOf('copies')
  const kinds = new Map<string, Sum>()
  const seen = new Set<string>()

  for (const file of files) {
    const sum = kinds.get(file.kind) ?? nothingOf(file.kind)
    kinds.set(file.kind, add(sum, file))
    add(total, file)
    if (seen.has(file.sha256)) add(copies, file)
    seen.add(file.sha256)
  }
  return { total, kinds: [...kinds.values()].sort((a, b) => b.bytes - a.bytes), copies }
}

function nothingOf(kind: string): Sum {
  return { kind, files: 0, bytes: 0, lines: 0 }
}

function add(sum: Sum, { bytes, lines }: Measured): Sum {
  sum.files++
  sum.bytes += bytes
  sum.lines += lines
  return sum
}
