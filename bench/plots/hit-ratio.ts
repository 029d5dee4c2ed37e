import { type Color, color } from './svg.ts'

/** A cell of the table of hit ratios, in percent, as `bench/hitratio/main.ts` writes it. */
export interface Cell {
  readonly trace: string
  readonly capacity: number
  readonly optimum: number
  readonly caffeine?: number
  readonly arc?: number
  readonly adaptive: number
  readonly 's3-fifo': number
  readonly lru: number
}

interface Look {
  readonly name: string
  readonly of: (cell: Cell) => number | undefined
  readonly color: Color
  readonly shape: string
}

/** The marks of a cell. */
const LOOKS: readonly Look[] = [
  { name: 'LRU', of: ({ lru }) => lru, color: 'grey', shape: 'square' },
  { name: 'ARC', of: ({ arc }) => arc, color: 'violet', shape: 'triangle-up' },
  { name: 'S3-FIFO', of: (cell) => cell['s3-fifo'], color: 'green', shape: 'triangle-down' },
  { name: 'Caffeine 3.2.2', of: ({ caffeine }) => caffeine, color: 'amber', shape: 'diamond' },
  { name: 'polycache', of: ({ adaptive }) => adaptive, color: 'ours', shape: 'circle' },
]

const OURS = LOOKS.at(-1)!.name
const OPT = 'OPT (Belady)'

/** Traces with what they are, in the order of the panels: those of applications first. */
const TITLES: Readonly<Record<string, string>> = {
  'orm-busy': 'orm-busy: entities of a shop',
  web07: 'web07: product pages',
  'scarab-recs': 'scarab: recommendations',
  trace_vaultservice: 'corda: each key twice, soon',
  oltp: 'OLTP: a database',
  '2_pools': '2_pools: index and rows',
  cpp: 'cpp: a compiler',
  gli: 'gli: a search in files',
  loop: 'loop: one loop',
  multi1: 'multi1: two programs',
  multi2: 'multi2: three programs',
  ps: 'ps: a formatter',
  sprite: 'sprite: a file server',
  mixed: 'mixed: corda, loop, corda',
  stress: 'stress: corda, 5 loops, corda',
}

/** The hit ratio of every policy in every cell, a panel for each trace, and their means above. */
export function hitRatioPlot(cells: readonly Cell[]): object {
  const complete = cells.filter(({ caffeine, arc }) => caffeine !== undefined && arc !== undefined)
  return {
    title: {
      text: `Hit ratio over ${new Set(complete.map(({ trace }) => trace)).size} traces, ${complete.length} sizes of cache`,
      subtitle:
        'Percent of the requests that found their value. No policy can get beyond the line, which is Belady’s optimum.',
      fontSize: 17,
      subtitleFontSize: 12,
      offset: 14,
    },
    spacing: 26,
    vconcat: [means(complete), panels(complete)],
  }
}

/** Bars for all cells together, which also say what the marks in the panels mean. */
function means(cells: readonly Cell[]): object {
  const mean = (of: Look['of']): number => cells.reduce((sum, cell) => sum + of(cell)!, 0) / cells.length
  const optimum = mean((cell) => cell.optimum)
  const bars = [{ name: OPT, ratio: optimum }, ...LOOKS.toReversed().map(({ name, of }) => ({ name, ratio: mean(of) }))]
  const values = bars.map((bar) => ({ ...bar, label: `${bar.ratio.toFixed(1)} %` }))
  const y = { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelFontSize: 12, ...EXTENT } }
  const x = { field: 'ratio', type: 'quantitative', scale: { domain: [0, 70] }, axis: null }
  return {
    data: { values },
    width: 760,
    height: { step: 23 },
    layer: [
      {
        transform: [{ filter: `datum.name !== '${OPT}'` }],
        mark: { type: 'bar', height: 5, opacity: 0.45 },
        encoding: { x, y, color: COLOR },
      },
      track(x, y),
      ...marks(x, y, 110),
      { mark: { type: 'text', align: 'left', dx: 12, fontSize: 12 }, encoding: { x, y, text: { field: 'label' } } },
    ],
  }
}

/** A panel for each trace, those that are named first. */
function panels(cells: readonly Cell[]): object {
  const traces = [...new Set([...Object.keys(TITLES), ...cells.map(({ trace }) => trace)])]
  const panels = traces.map((trace) =>
    panel(
      trace,
      cells.filter((cell) => cell.trace === trace),
    ),
  )
  return { columns: 3, spacing: { row: 18, column: 12 }, concat: panels }
}

/** A panel with a row for each size of cache. */
function panel(trace: string, cells: readonly Cell[]): object {
  const values = cells.flatMap((cell) => [
    { entries: cell.capacity, name: OPT, ratio: cell.optimum },
    ...LOOKS.map(({ name, of }) => ({ entries: cell.capacity, name, ratio: of(cell) })),
  ])
  const grid = { values: [0, 25, 50, 75, 100], title: null, labelFontSize: 9, grid: true, gridOpacity: 0.6 }
  const labels = { labelExpr: "replace(format(datum.value, ','), ',', ' ')", labelFontSize: 10, labelPadding: 8 }
  const x = { field: 'ratio', type: 'quantitative', scale: { domain: [0, 100] }, axis: grid }
  const y = { field: 'entries', type: 'ordinal', title: null, axis: { ...labels, minExtent: 50, maxExtent: 50 } }
  return {
    data: { values },
    title: { text: TITLES[trace] ?? trace, fontSize: 12, offset: 6, frame: 'group' },
    width: 205,
    height: { step: 20 },
    layer: [track(x, y), ...marks(x, y, 55)],
  }
}

/** The bar that ends where the optimum does. */
function track(x: object, y: object): object {
  return {
    transform: [{ filter: `datum.name === '${OPT}'` }],
    mark: { type: 'bar', height: 12, color: color('track') },
    encoding: { x, y },
  }
}

/** The marks of the policies: a line where the optimum ends, and a ring for ours, so that what is beneath it is seen too. */
function marks(x: object, y: object, size: number): object[] {
  return [
    {
      transform: [{ filter: `datum.name === '${OPT}'` }],
      mark: { type: 'tick', height: 14, thickness: 2, color: color('text') },
      encoding: { x, y },
    },
    {
      transform: [{ filter: `datum.name !== '${OPT}' && datum.name !== '${OURS}'` }],
      mark: { type: 'point', filled: true, opacity: 1, size },
      encoding: { x, y, color: COLOR, shape: SHAPE },
    },
    {
      transform: [{ filter: `datum.name === '${OURS}'` }],
      mark: { type: 'point', filled: false, opacity: 1, strokeWidth: 2.4, size: 1.6 * size },
      encoding: { x, y, color: COLOR, shape: SHAPE },
    },
  ]
}

/** Rows begin at the same place, however long their labels are. */
const EXTENT = { minExtent: 112, maxExtent: 112, labelLimit: 160, labelPadding: 8 }

const COLOR = {
  field: 'name',
  type: 'nominal',
  legend: null,
  scale: { domain: LOOKS.map(({ name }) => name), range: LOOKS.map((look) => color(look.color)) },
}

const SHAPE = {
  field: 'name',
  type: 'nominal',
  legend: null,
  scale: { domain: LOOKS.map(({ name }) => name), range: LOOKS.map(({ shape }) => shape) },
}
