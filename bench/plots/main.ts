import { readFileSync, writeFileSync } from 'node:fs'
import { installPeers } from '../prepare.ts'
import { type Cell, hitRatioPlot } from './hit-ratio.ts'
import { svgOf } from './svg.ts'
import { type Part, throughputPlot } from './throughput.ts'

/**
 * Draws what `npm run bench:hitratio -- <folder with traces>` and `npm run bench:memory` wrote, for the documentation.
 *
 * npm run plots
 */

installPeers()
await draw('hit-ratio', hitRatioPlot(read<Cell[]>('../hitratio/results.json')))
await draw('throughput', throughputPlot(read<Part[]>('../memory/results.json')))

async function draw(name: string, spec: object): Promise<void> {
  writeFileSync(new URL(`../../docs/plots/${name}.svg`, import.meta.url), await svgOf(spec))
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T
}
