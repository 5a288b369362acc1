/** The table that compares the schemes, each figure with its ratio to `half`, above the baselines; as text and as Markdown. */

import { formatBytes, formatCount, formatRatio, formatSeconds } from './human-units.ts'
import { schemes } from './options.ts'
import type { BaselineReport, SchemeReport, SchemeReports } from './scheme-report.ts'

type Quality = Pick<SchemeReport, 'recallAt20' | 'ndcgAt20'>

interface Column<R> {
  readonly title: string
  readonly valueOf: (report: R) => number | null
  readonly format: (value: number) => string
  readonly ratio?: (value: number, reference: number) => string
}

const fine = (value: number, reference: number) => `${(value / reference).toFixed(3)}x`

const costColumns: readonly Column<SchemeReport>[] = [
  { title: 'time/iteration', valueOf: (report) => report.secondsPerIteration, format: formatSeconds },
  { title: 'moved/iteration', valueOf: (report) => report.movedBytes, format: formatBytes },
  { title: 'network/iteration', valueOf: (report) => report.networkBytes, format: formatBytes },
  { title: 'disk/iteration', valueOf: (report) => report.diskBytes, format: formatBytes },
  { title: 'peak memory', valueOf: (report) => report.peakRssBytes, format: formatBytes },
  { title: 'final loss', valueOf: (report) => report.loss.at(-1) ?? Number.NaN, format: formatCount, ratio: fine },
]
/** What a baseline has too. */
const qualityColumns: readonly Column<Quality>[] = [
  { title: 'Recall@20', valueOf: (report) => report.recallAt20, format: (value) => value.toFixed(4), ratio: fine },
  { title: 'NDCG@20', valueOf: (report) => report.ndcgAt20, format: (value) => value.toFixed(4), ratio: fine },
]

export interface Comparison {
  readonly schemes: SchemeReports
  /** By the name to print, as `popularity`. */
  readonly baselines: Readonly<Record<string, BaselineReport>>
}

export function textTable(comparison: Comparison): string {
  const [head, ...rows] = tableRows(comparison)
  const widths = head!.map((_, column) => Math.max(...[head!, ...rows].map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd()
  return [line(head!), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

export function markdownTable(comparison: Comparison): string {
  const [head, ...rows] = tableRows(comparison)
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`
  return [line(head!), line(head!.map((_, column) => (column === 0 ? ':--' : '--:'))), ...rows.map(line)].join('\n')
}

function tableRows({ schemes: reports, baselines }: Comparison): string[][] {
  const { half } = reports
  const trained = schemes.flatMap((scheme) => {
    const report = reports[scheme]
    return report ? [[scheme, ...cells(costColumns, report, half), ...cells(qualityColumns, report, half)]] : []
  })
  const compared = Object.entries(baselines).map(([name, baseline]) => [
    name,
    ...costColumns.map(() => ''),
    ...cells(qualityColumns, baseline, half),
  ])
  return [
    ['', ...costColumns.map(({ title }) => title), ...qualityColumns.map(({ title }) => title)],
    ...trained,
    ...compared,
  ]
}

function cells<R>(columns: readonly Column<R>[], report: R, reference: R | undefined): string[] {
  return columns.map(({ valueOf, format, ratio = formatRatio }) => {
    const value = valueOf(report)
    // Nothing was held out: there is nothing to rank, and NaN became null on its way from another process.
    if (value === null || Number.isNaN(value)) return '-'
    const compared = reference === undefined ? null : valueOf(reference)
    return compared === null ? format(value) : `${format(value)} ${ratio(value, compared)}`
  })
}
