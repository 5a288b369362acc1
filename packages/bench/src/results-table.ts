/** The results of the core suite as a Markdown table. */

import type { PeerResult } from './core-suite.ts'
import { median } from './measure/median.ts'

export const tableHead = [
  '| case | peer | job s, median (min-max) | x gridify | CPU s | peak MB | runs | |',
  '|---|---|---|---|---|---|---|---|',
].join('\n')

/** `seconds` of gridify on the same case, where it has one. */
export function tableRow(result: PeerResult, gridifySeconds: number | undefined): string {
  const { runs, problem = '' } = result
  const seconds = runs.map((run) => run.seconds)
  const cells =
    runs.length === 0
      ? ['-', '-', '-', '-']
      : [
          `${short(median(seconds))} (${short(Math.min(...seconds))}-${short(Math.max(...seconds))})`,
          gridifySeconds === undefined ? '-' : `${(median(seconds) / gridifySeconds).toFixed(2)}`,
          short(median(runs.map((run) => run.cpuSeconds))),
          `${Math.round(median(runs.map((run) => run.peakBytes)) / 1e6)}`,
        ]
  return `| ${[result.case, result.peer, ...cells, runs.length, problem].join(' | ')} |`
}

export function medianSeconds(result: PeerResult | undefined): number | undefined {
  return result && result.runs.length > 0 ? median(result.runs.map((run) => run.seconds)) : undefined
}

function short(seconds: number): string {
  return seconds.toFixed(seconds < 10 ? 3 : 1)
}
