/** The outcome of the closure matrix as a section of docs/closures.md. */

import { runtimes as known } from './runtimes.ts'
import type { Outcome } from './ship-cases.ts'

/** One kind of driver on one version of Node; `outcome` is the error where it did not run at all. */
export interface Cell {
  readonly runtime: string
  readonly node: string
  readonly outcome: Outcome | Error
}

const ownCases = new Set(known.filter((runtime) => runtime.ownCases).map(({ name }) => name))
const begin = '<!-- matrix: written by `npm run matrix -- --write` -->'
const end = '<!-- end of matrix -->'

/** Puts the section in the place of the one before, or at the end of the text. */
export function replaceSection(text: string, section: string): string {
  const whole = `${begin}\n\n${section}\n\n${end}`
  const start = text.indexOf(begin)
  if (start < 0) return `${text.trimEnd()}\n\n${whole}\n`
  return text.slice(0, start) + whole + text.slice(text.indexOf(end, start) + end.length)
}

export function renderMatrix(cells: readonly Cell[]): string {
  const nodes = distinct(cells.map(({ node }) => node))
  const runtimes = distinct(cells.map(({ runtime }) => runtime))
  const find = (runtime: string, node: string): Cell | undefined =>
    cells.find((cell) => cell.runtime === runtime && cell.node === node)
  const summary = runtimes.map((runtime) => row([runtime, ...nodes.map((node) => summarise(find(runtime, node)))]))
  return [
    '## What is tested',
    '',
    'Each case is captured in a driver of the kind, rebuilt in a plain Node process without its sources, and must give the',
    'same there; each refusal must have the text below. `135 · 43` says: 135 cases and 43 refusals, all right. Notebooks',
    'have a list of their own, which “all” leaves out.',
    '',
    row(['driver', ...nodes.map((node) => `Node ${node}`)]),
    row(['driver', ...nodes].map(() => '---')),
    ...summary,
    '',
    '### What ships',
    '',
    row(['case', 'drivers']),
    row(['---', '---']),
    ...caseRows(cells, runtimes, ({ shipped }) => shipped).map(({ name, where }) => row([name, where])),
    '',
    '### What is refused',
    '',
    row(['case', 'text, behind the call and the place of the function', 'drivers']),
    row(['---', '---', '---']),
    ...caseRows(cells, runtimes, ({ refused }) => refused).map(({ name, text, where }) => row([name, text, where])),
  ].join('\n')
}

function summarise(cell: Cell | undefined): string {
  if (cell === undefined) return '–'
  const { outcome } = cell
  if (outcome instanceof Error) return 'does not run'
  const count = (cases: readonly { expected: string; actual: string }[]): string => {
    const right = cases.filter(({ expected, actual }) => expected === actual).length
    return right === cases.length ? String(right) : `**${right}/${cases.length}**`
  }
  return `${count(outcome.shipped)} · ${count(outcome.refused)}`
}

interface Case {
  readonly name: string
  readonly expected: string
  readonly actual: string
}

/** Cases in the order in which they are declared, with the drivers that have them, and where they fail. */
function caseRows(
  cells: readonly Cell[],
  runtimes: readonly string[],
  casesOf: (outcome: Outcome) => readonly Case[],
): { name: string; text: string; where: string }[] {
  const found = new Map<string, { text: string; in: Set<string>; failing: string[] }>()
  for (const { runtime, node, outcome } of cells) {
    if (outcome instanceof Error) continue
    for (const { name, expected, actual } of casesOf(outcome)) {
      const entry = found.get(name) ?? { text: expected, in: new Set(), failing: [] }
      found.set(name, entry)
      entry.in.add(runtime)
      if (actual !== expected) entry.failing.push(`${runtime} on ${node}`)
    }
  }
  return [...found].map(([name, entry]) => {
    const missing = runtimes.filter((runtime) => !entry.in.has(runtime) && !ownCases.has(runtime))
    const where =
      missing.length === 0
        ? 'all'
        : missing.length * 2 < runtimes.length
          ? `all but ${missing.join('; ')}`
          : [...entry.in].join('; ')
    const failing = entry.failing.length > 0 ? ` **fails: ${entry.failing.join('; ')}**` : ''
    return { name, text: entry.text, where: where + failing }
  })
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)]
}

function row(columns: readonly string[]): string {
  return `| ${columns.map((text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}
