/** `npm run bench -- growth`: the same programs on more data; time per row should not grow. */

import { isDeepStrictEqual, parseArgs } from 'node:util'
import { caseById } from '../cases/index.ts'
import { list, outputOptions, positive, publish } from '../command-options.ts'
import type { CaseResult } from '../entries/report-result.ts'
import { runProcess } from '../measure/run-process.ts'
import { gridify } from '../peers/node-peers.ts'

export const growthUsage =
  'growth [--case a,b,d,e,f,g] [--scales 1,10,30] [--master local[2]] [--limit 600] [--json FILE] [--keep]'

export async function growthCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      case: { type: 'string', default: 'a,b,d,e,f,g' },
      scales: { type: 'string', default: '1,10,30' },
      master: { type: 'string', default: 'local[2]' },
      limit: { type: 'string', default: '600' },
      ...outputOptions,
    },
  })
  const limitSeconds = positive('limit', values.limit)
  const scales = list(values.scales).map((scale) => positive('scales', scale))
  const figures = []
  let wrong = false
  console.log('| case | scale | job s | per row, first scale = 1 | CPU s | peak MB | |\n|---|---|---|---|---|---|---|')
  for (const benchCase of list(values.case).map(caseById)) {
    let base: number | undefined
    for (const scale of scales) {
      const sized = benchCase.at(scale)
      sized.prepare?.()
      const run = await runProcess(gridify(values.master).command({ id: benchCase.id, scale, sized }), limitSeconds)
      const result = run.results[0] as CaseResult | undefined
      const perScale = result && result.seconds / scale
      base ??= perScale
      const perRow = perScale && base && perScale / base
      const expected = benchCase.expected[scale]
      const differs = result && expected && !isDeepStrictEqual(result.checksum, { ...expected })
      wrong ||= Boolean(differs)
      const problem = differs ? 'WRONG' : run.timedOut ? `> ${limitSeconds} s` : (run.failure ?? '')
      console.log(
        `| ${[
          benchCase.id,
          scale,
          result?.seconds.toFixed(3) ?? '-',
          perRow?.toFixed(2) ?? '-',
          run.cpuSeconds.toFixed(1),
          Math.round(run.peakBytes / 1e6),
          problem,
        ].join(' | ')} |`,
      )
      figures.push({ case: benchCase.id, scale, seconds: result?.seconds, perRow, peakBytes: run.peakBytes, problem })
      // More data would only fail later.
      if (problem !== '') break
    }
  }
  publish('growth', { scales, master: values.master, limitSeconds }, figures, values)
  return wrong ? 1 : 0
}
