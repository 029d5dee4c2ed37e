import { peer } from '../data.ts'

/** Draws by Vega-Lite, without a screen. */

interface VegaLite {
  compile(spec: object): { spec: object }
}

interface Vega {
  parse(spec: object): object
  View: new (runtime: object, options: { renderer: 'none' }) => { toSVG(): Promise<string> }
}

/** Colors on a light page and on a dark one. Color-blind readers can tell those of policies and libraries apart. */
const COLORS = {
  page: ['#ffffff', '#0d1117'],
  text: ['#1f2328', '#e6edf3'],
  faint: ['#59636e', '#9198a1'],
  line: ['#d1d9e0', '#30363d'],
  track: ['#eff2f5', '#1c2128'],
  ours: ['#0969da', '#4493f8'],
  oursToo: ['#54aeff', '#1f6feb'],
  amber: ['#bc4c00', '#f0883e'],
  green: ['#1a7f37', '#3fb950'],
  violet: ['#8250df', '#ab7df8'],
  grey: ['#818b98', '#656c76'],
} as const

export type Color = keyof typeof COLORS

/** A color of the light page; a style in the picture replaces it on a dark one. */
export function color(name: Color): string {
  return COLORS[name][0]
}

const FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif'

const CONFIG = {
  font: FONT,
  background: color('page'),
  padding: 16,
  view: { stroke: null },
  title: { color: color('text'), anchor: 'start', fontSize: 13, subtitleColor: color('faint'), subtitleFontSize: 11 },
  axis: {
    labelColor: color('faint'),
    titleColor: color('faint'),
    titleFontWeight: 'normal',
    domain: false,
    ticks: false,
    gridColor: color('line'),
  },
  header: { labelColor: color('text'), titleColor: color('text') },
  legend: { labelColor: color('text'), titleColor: color('faint'), labelFontSize: 12, symbolSize: 90 },
  text: { color: color('text') },
}

/** The picture of a specification of Vega-Lite, readable in light and in dark pages. */
export async function svgOf(spec: object): Promise<string> {
  const [{ compile }, { parse, View }] = await Promise.all([peer<VegaLite>('vega-lite'), peer<Vega>('vega')])
  const view = new View(parse(compile({ config: CONFIG, ...spec }).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  return `${svg.replace(/<svg[^>]*>/, (tag) => `${tag}\n${style()}\n`)}\n`
}

function style(): string {
  const rules = Object.values(COLORS).map(
    ([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
  )
  return `<style>@media (prefers-color-scheme: dark) {${rules.join('')}}</style>`
}
