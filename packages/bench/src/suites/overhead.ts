/** `npm run bench -- overhead`: start-up, capture, an empty job, and many empty tasks. */

import { parseArgs } from 'node:util'
import { list, outputOptions, positive, publish } from '../command-options.ts'
import { median } from '../measure/median.ts'
import { runProcess } from '../measure/run-process.ts'
import { entryCommand } from '../peers/node-peers.ts'

export const overheadUsage =
  'overhead [--masters "local[2] local-cluster[2,1]"] [--tasks 1000,100000] [--rounds 3] [--limit 120] [--json FILE] [--keep]'

export async function overheadCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      masters: { type: 'string', default: 'local[2] local-cluster[2,1]' },
      tasks: { type: 'string', default: '1000,100000' },
      rounds: { type: 'string', default: '3' },
      limit: { type: 'string', default: '120' },
      ...outputOptions,
    },
  })
  const rounds = positive('rounds', values.rounds)
  const limitSeconds = positive('limit', values.limit)
  const figures = []
  console.log('| master | tasks | what | ms, median (min-max) |\n|---|---|---|---|')
  for (const tasks of list(values.tasks)) {
    for (const master of values.masters.split(' ')) {
      const runs: Record<string, number>[] = []
      let problem: string | undefined
      for (let round = 0; round < rounds && !problem; round++) {
        const run = await runProcess(entryCommand('overhead', [master, tasks]), limitSeconds)
        const result = run.results[0] as Record<string, number> | undefined
        if (result) runs.push(result)
        else problem = run.timedOut ? `> ${limitSeconds} s` : run.failure
      }
      if (problem) console.log(`| ${master} | ${tasks} | ended early | ${problem} |`)
      for (const name of Object.keys(runs[0] ?? {})) {
        const milliseconds = runs.map((run) => run[name]! * 1000)
        const [middle, least, most] = [median(milliseconds), Math.min(...milliseconds), Math.max(...milliseconds)]
        const what = name.replace(/Seconds$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
        console.log(
          `| ${master} | ${tasks} | ${what} | ${middle.toFixed(1)} (${least.toFixed(1)}-${most.toFixed(1)}) |`,
        )
        figures.push({ master, tasks: Number(tasks), what, ms: [middle, least, most] })
      }
      if (problem) figures.push({ master, tasks: Number(tasks), problem })
    }
  }
  publish('overhead', { rounds, limitSeconds }, figures, values)
  return 0
}
