import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { instance } from '@viz-js/viz'
import { importsOf, root, sourcesIn } from './sources.ts'

/**
 * Draws the folders of the library and which of them import which, from the imports in their files, into
 * `docs/plots/layers.svg`. An arrow that follows from others is left out.
 */

/** The drawing as SVG, from the imports as they are now. */
export async function layers(): Promise<string> {
  const viz = await instance()
  const svg = viz.renderString(graphOf(reduced(imports())), { format: 'svg' })
  // Without the title of the generator, whose version may change.
  return svg.replace(/^[\s\S]*?(?=<svg)/, '').replace(/<!--[\s\S]*?-->\n/g, '')
}

type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** Entries of the package: they re-export from anywhere, which makes no folder depend on another. */
const ENTRIES = ['lib/index.ts', 'lib/memo/index.ts']

/** The folders that each folder imports. */
function imports(): Graph {
  const graph = new Map<string, Set<string>>()
  for (const file of sourcesIn('lib', 'adapters').sort()) {
    if (ENTRIES.includes(file)) continue
    const folder = folderOf(file)
    const found = graph.get(folder) ?? new Set()
    graph.set(folder, found)
    for (const { specifier } of importsOf(file)) {
      if (!specifier.startsWith('.')) continue
      const target = folderOf(join(dirname(file), specifier))
      if (target !== folder && target !== 'lib') found.add(target)
    }
  }
  return graph
}

function folderOf(file: string): string {
  const parts = file.split('/')
  return parts.length > 2 ? parts.slice(0, 2).join('/') : parts[0]!
}

/** The graph without the edges that follow from longer paths. */
function reduced(graph: Graph): Graph {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(graph.get(from) ?? [])].some((next) => {
      if (next === to) return true
      if (seen.has(next)) return false
      seen.add(next)
      return reaches(next, to, seen)
    })
  return new Map(
    [...graph].map(([folder, targets]) => {
      const direct = [...targets].filter(
        (target) => ![...targets].some((via) => via !== target && reaches(via, target)),
      )
      return [folder, new Set(direct)]
    }),
  )
}

function graphOf(graph: Graph): string {
  const nodes = [...graph.keys()].sort().map((folder) => {
    const fill = folder.startsWith('lib') ? '#dbeafe' : '#fde68a'
    return `  "${folder}" [fillcolor="${fill}"]`
  })
  const edges = [...graph].flatMap(([folder, targets]) => [...targets].sort().map((to) => `  "${folder}" -> "${to}"`))
  return [
    'digraph {',
    '  rankdir=TB; bgcolor=white; nodesep=0.3; ranksep=0.4',
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=12, color="#64748b"]',
    '  edge [color="#64748b", arrowsize=0.7]',
    ...nodes,
    ...edges.sort(),
    '}',
  ].join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(join(root, 'docs/plots/layers.svg'), await layers())
}
