// The style of diagrams: colours by role, light and dark.
//
// Y1. Colours are variables on the root, so that a page may set its own; dark follows the system, or the class `dark` or `light` on the root.
// Y2. All rules stand below the root's class: in a page they change nothing else. Nothing is loaded from elsewhere.
import { TEXT_FONT, TITLE_FONT } from './metrics.ts'

export const ROOT_CLASS = 'statechart'

const LIGHT = {
  page: '#ffffff', box: '#f6f8fa', line: '#6e7781', border: '#8c959f', rule: '#d8dee4',
  title: '#1f2328', text: '#57606a', event: '#0550ae', guard: '#7d4e00', action: '#57606a', word: '#6639ba', dot: '#1f2328',
}
const DARK: typeof LIGHT = {
  page: '#0d1117', box: '#1c2128', line: '#848d97', border: '#656c76', rule: '#3d444d',
  title: '#f0f6fc', text: '#b1bac4', event: '#79c0ff', guard: '#e3b341', action: '#b1bac4', word: '#d2a8ff', dot: '#f0f6fc',
}

function variables(colours: typeof LIGHT): string {
  return Object.entries(colours).map(([name, value]) => `--chart-${name}:${value}`).join(';')
}

const at = (selector: string): string => selector.split(',').map((each) => `.${ROOT_CLASS} ${each}`).join(',')

export const STYLE = [
  `.${ROOT_CLASS}{${variables(LIGHT)};color-scheme:light dark;background:var(--chart-page);font-family:Helvetica,Arial,"Liberation Sans","Segoe UI",Roboto,sans-serif;font-size:${TEXT_FONT.size}px}`,
  `@media (prefers-color-scheme:dark){.${ROOT_CLASS}:not(.light){${variables(DARK)}}}`,
  `.${ROOT_CLASS}.dark{${variables(DARK)}}`,
  // The halo keeps what a line passes behind legible.
  `${at('text')}{white-space:pre;unicode-bidi:isolate;paint-order:stroke;stroke:var(--chart-page);stroke-width:4px;stroke-linejoin:round}`,
  `${at('.box')}{fill:var(--chart-box);stroke:var(--chart-border);stroke-width:1.2}`,
  // Seen through: lines pass behind them.
  `${at('.compound>.box')}{fill:transparent}`,
  `${at('.region>.box')}{stroke-dasharray:5 4}`,
  `${at('.leaf>text,.leaf>.row>text')}{stroke:none}`,
  `${at('.inner')}{fill:none;stroke:var(--chart-border);stroke-width:1}`,
  `${at('.rule')}{stroke:var(--chart-rule);stroke-width:1}`,
  `${at('.title')}{fill:var(--chart-title);font-size:${TITLE_FONT.size}px;font-weight:600}`,
  ...(['event', 'guard', 'action', 'word', 'text'] as const).map((tone) => `${at(`.${tone}`)}{fill:var(--chart-${tone})}`),
  `${at('.path')}{fill:none;stroke:var(--chart-line);stroke-width:1.2}`,
  `${at('.arrow')}{fill:var(--chart-line)}`,
  `${at('.dot')}{fill:var(--chart-dot)}`,
  `${at('.plate')}{fill:none}`,
].join('\n')
