/** `npm run bench -- skew`: a join whose keys follow Zipf's law beside the same with keys spread evenly: are its tasks of a size? */

import { parseArgs } from 'node:util'
import { outputOptions, positive, publish } from '../command-options.ts'
import { median } from '../measure/median.ts'
import { runProcess } from '../measure/run-process.ts'
import { entryCommand } from '../peers/node-peers.ts'
import { expectedCount, type SkewedJoin } from './skewed-join-program.ts'

export const skewUsage = `skew [--rounds 3] [--scale 1] [--partitions 64] [--master local[2]] [--limit 120] [--json FILE] [--keep]
       10M rows whose keys follow Zipf's law (1.2), or are spread evenly, joined with 1M unique keys`

interface SkewResult {
  readonly count: number
  readonly seconds: number
  /** Of each task of the stage that joins, in the order of their rows. */
  readonly milliseconds: readonly number[]
}

export async function skewCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      partitions: { type: 'string', default: '64' },
      master: { type: 'string', default: 'local[2]' },
      limit: { type: 'string', default: '120' },
      ...outputOptions,
    },
  })
  const scale = positive('scale', values.scale)
  const rounds = positive('rounds', values.rounds)
  const limitSeconds = positive('limit', values.limit)
  const size = {
    rows: 10_000_000 * scale,
    keys: 1_000_000 * scale,
    partitions: positive('partitions', values.partitions),
  }
  const joins: (SkewedJoin & { readonly title: string; readonly whole?: true })[] = [
    { title: 'zipf', spread: 'zipf', ...size },
    { title: 'zipf, never split', spread: 'zipf', whole: true, ...size },
    { title: 'even', spread: 'even', ...size },
  ]
  const runs = joins.map((): SkewResult[] => [])
  let failed = false
  for (let round = 0; round < rounds; round++)
    for (const [n, { title, spread, rows, keys, partitions, whole }] of joins.entries()) {
      const run = await runProcess(
        entryCommand('skew', [
          spread,
          `${rows}`,
          `${keys}`,
          `${partitions}`,
          values.master,
          ...(whole ? ['whole'] : []),
        ]),
        limitSeconds,
      )
      const results = run.results as SkewResult[]
      runs[n]!.push(...results)
      if (results.length === 0) console.error(`${title}: ${run.timedOut ? `> ${limitSeconds} s` : run.failure}`)
      failed ||= results.length === 0
    }
  console.log(
    '| keys | right | job s | tasks | slowest ms | median ms | slowest / median |\n|---|---|---|---|---|---|---|',
  )
  const figures = joins.map((join, n) => {
    const expected = expectedCount(join)
    const right = runs[n]!.length > 0 && runs[n]!.every(({ count }) => count === expected)
    failed ||= !right
    // The least of all runs is the task's own time; what is above it is the machine's.
    const least = (runs[n]![0]?.milliseconds ?? []).map((_, task) =>
      Math.min(...runs[n]!.map(({ milliseconds }) => milliseconds[task]!)),
    )
    const slowest = Math.max(...least)
    const middle = median(least)
    const figure = {
      keys: join.title,
      right,
      seconds: median(runs[n]!.map(({ seconds }) => seconds)),
      tasks: least.length,
      slowest,
      median: middle,
      ratio: slowest / middle,
    }
    console.log(
      `| ${[figure.keys, right ? 'yes' : 'no', figure.seconds.toFixed(2), figure.tasks, slowest.toFixed(0), middle.toFixed(0), figure.ratio.toFixed(1)].join(' | ')} |`,
    )
    return figure
  })
  publish('skew', { scale, rounds, partitions: size.partitions, master: values.master }, figures, values)
  return failed ? 1 : 0
}
