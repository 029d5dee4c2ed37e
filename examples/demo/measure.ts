import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { extname } from 'node:path'

/** The facts of a file once all of it has been read. */
export interface Measured {
  readonly sha256: string
  readonly bytes: number
  /** How many lines it has; 0 when it is no text. */
  readonly lines: number
  /** Its extension, such as `ts`. */
  readonly kind: string
}

const LINE_FEED = 10

// One buffer for all files: a file of any size takes no more memory than this.
const buffer = Buffer.alloc(256 * 1024)

/** Reads a file from beginning to end. This is the work that is worth caching: it depends on nothing but the file. */
export function measure(path: string): Measured {
  const hash = createHash('sha256')
  let bytes = 0
  let feeds = 0
  let isText = true
  let last = LINE_FEED

  for (const chunk of chunksOf(path)) {
    hash.update(chunk)
    bytes += chunk.length
    // No text has a NUL in it.
    isText &&= !chunk.includes(0)
    if (isText) feeds += countOf(LINE_FEED, chunk)
    last = chunk[chunk.length - 1]!
  }

  // A last line without an end is a line too.
  const lines = isText ? feeds + (last === LINE_FEED ? 0 : 1) : 0
  return { sha256: hash.digest('hex'), bytes, lines, kind: kindOf(path) }
}

/** The content of a file, piece by piece. Each piece is overwritten by the next. */
function* chunksOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const length = readSync(file, buffer)
      if (length === 0) return
      yield buffer.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}

function countOf(byte: number, chunk: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf(byte); at !== -1; at = chunk.indexOf(byte, at + 1)) count++
  return count
}

function kindOf(path: string): string {
  const extension = extname(path).slice(1).toLowerCase()
  if (extension === '') return 'none'
  return /^[\w+-]{1,12}$/.test(extension) ? extension : 'odd'
}
