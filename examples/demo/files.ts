import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'

/** A file as its folder knows it. */
export interface FoundFile {
  readonly path: string
  readonly bytes: number
  /** When it was last written to, in ms since the epoch. */
  readonly changed: number
}

/** The files of a folder and of all folders in it, and the paths that could not be read. */
export interface Tree {
  readonly files: FoundFile[]
  readonly unreadable: string[]
}

/** Looks through a folder. Symbolic links are not followed, so that none leads round in a circle. */
export function treeOf(root: string): Tree {
  const tree: Tree = { files: [], unreadable: [] }
  const folders = [root]

  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const path of pathsIn(folder, tree)) {
      const stats = statsOf(path, tree)
      if (stats?.isDirectory()) folders.push(path)
      if (stats?.isFile()) tree.files.push({ path, bytes: stats.size, changed: stats.mtimeMs })
    }
  }
  return tree
}

function pathsIn(folder: string, { unreadable }: Tree): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    unreadable.push(folder)
    return []
  }
}

function statsOf(path: string, { unreadable }: Tree): Stats | undefined {
  try {
    return lstatSync(path)
  } catch {
    unreadable.push(path)
    return undefined
  }
}
