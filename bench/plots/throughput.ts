import { LIBRARIES, OURS, OURS_COARSE } from '../memory/libraries.ts'
import { color } from './svg.ts'

/** A part of what `bench/memory/main.ts` writes, in ns. */
export interface Part {
  readonly title: string
  readonly figures: readonly { readonly contestant: string; readonly loop: string; readonly value: number }[]
}

const LOOP = 'zipf mix, room for a tenth'

/** Operations a second of every library in the mix that applications make. */
export function throughputPlot(parts: readonly Part[]): object {
  const figures = parts.flatMap(({ figures }) => figures).filter(({ loop }) => loop === LOOP)
  const values = figures
    .filter(({ contestant }) => contestant in LIBRARIES)
    .map(({ contestant, value }) => ({ name: contestant, millions: 1000 / value, kind: kindOf(contestant) }))
    .sort((a, b) => b.millions - a.millions)
    .map((value) => ({ ...value, label: value.millions.toFixed(value.millions < 1 ? 2 : 1) }))
  const y = {
    field: 'name',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { labelFontSize: 12, labelPadding: 8, labelLimit: 320 },
  }
  return {
    title: {
      text: 'Throughput in memory',
      subtitle: [
        'Millions of operations in a second of processor time; 90 % reads and 10 % writes,',
        '100 000 keys by Zipf’s law, room for 10 000, five minutes to live',
      ],
      fontSize: 17,
      subtitleFontSize: 12,
      offset: 14,
    },
    data: { values },
    width: 620,
    height: { step: 25 },
    layer: [
      {
        mark: { type: 'bar', height: 15, cornerRadiusEnd: 3 },
        encoding: {
          x: { field: 'millions', type: 'quantitative', axis: null },
          y,
          color: {
            field: 'kind',
            type: 'nominal',
            legend: null,
            scale: {
              domain: ['exact', 'coarse', 'other'],
              range: [color('ours'), color('oursToo'), color('grey')],
            },
          },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 6, fontSize: 12 },
        encoding: { x: { field: 'millions', type: 'quantitative' }, y, text: { field: 'label' } },
      },
    ],
  }
}

function kindOf(name: string): string {
  if (name === OURS) return 'exact'
  return name === OURS_COARSE ? 'coarse' : 'other'
}
