/** `npm run bench -- memory`: data ten times the memory of one executor daemon; right answers within the budget. */

import { isDeepStrictEqual, parseArgs } from 'node:util'
import { list, outputOptions, positive, publish } from '../command-options.ts'
import type { CaseResult } from '../entries/report-result.ts'
import { runProcess } from '../measure/run-process.ts'
import { entryCommand } from '../peers/node-peers.ts'
import { memoryPrograms, payloadBytes } from './memory-programs.ts'

const programNames = Object.keys(memoryPrograms)
const chosenBy = (hot: boolean) => programNames.filter((name) => name.startsWith('hot ') === hot)

export const memoryUsage = `memory [--memory 256] [--times 10] [--hot] [--case ${chosenBy(false).join(',')}]
       [--limit 600] [--json FILE] [--keep]
       --memory is MiB of one executor with two slots, --times how much more data there is; with --hot,
       nine of ten rows have one key: ${chosenBy(true).join(',')}`

/** Peak of the whole tree may be this much of the budget, beside what the same program takes at a hundredth of the data. */
const tolerance = 1.25
const floorShare = 100
/** A program that takes more than this for a hundredth of the data has no budget. */
const mostFloorBytes = 250e6

export async function memoryCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      memory: { type: 'string', default: '256' },
      times: { type: 'string', default: '10' },
      case: { type: 'string' },
      hot: { type: 'boolean', default: false },
      limit: { type: 'string', default: '600' },
      ...outputOptions,
    },
  })
  const budget = positive('memory', values.memory) * 2 ** 20
  const limitSeconds = positive('limit', values.limit)
  // An even number, since joins halve it.
  const rows = 2 * Math.round((budget * positive('times', values.times)) / payloadBytes / 2)
  const partitions = 8 * Math.ceil(positive('times', values.times))
  const run = (program: string, size: number) =>
    runProcess(
      entryCommand('memory', [program, `${size}`, `${partitions}`, `${budget}`, 'local-cluster[1,2]']),
      limitSeconds,
    )
  const megabytes = (bytes: number) => Math.round(bytes / 1e6)
  console.log(`${rows} rows of ${payloadBytes} bytes in ${partitions} partitions`)
  console.log('| program | right | s | peak MB | floor MB | of allowed | |\n|---|---|---|---|---|---|---|')
  const figures = []
  let failed = false
  for (const program of values.case === undefined ? chosenBy(values.hot) : list(values.case)) {
    const found = memoryPrograms[program]
    if (!found) throw new Error(`there is no program '${program}'; there are ${programNames.join(', ')}`)
    const small = await run(program, 2 * Math.round(rows / floorShare / 2))
    const floor = Math.min(small.peakBytes, mostFloorBytes)
    const allowed = tolerance * budget + floor
    const { results, peakBytes, timedOut, failure } = await run(program, rows)
    const result = results[0] as CaseResult | undefined
    const right = result !== undefined && isDeepStrictEqual(result.checksum, found.expected(rows))
    const problem = timedOut ? `> ${limitSeconds} s` : (failure ?? (right ? '' : JSON.stringify(result?.checksum)))
    failed ||= !right || peakBytes > allowed
    console.log(
      `| ${[
        program,
        right ? 'yes' : 'no',
        result?.seconds.toFixed(1) ?? '-',
        megabytes(peakBytes),
        megabytes(floor),
        (peakBytes / allowed).toFixed(2),
        problem,
      ].join(' | ')} |`,
    )
    figures.push({
      program,
      right,
      seconds: result?.seconds,
      peakBytes,
      floor,
      ofAllowed: peakBytes / allowed,
      problem,
    })
  }
  publish('memory', { budget, rows, partitions, limitSeconds }, figures, values)
  return failed ? 1 : 0
}
