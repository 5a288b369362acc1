/** `npm run bench -- retrain`: a long-lived driver that retrains; memory and disk should level out. */

import { parseArgs } from 'node:util'
import { outputOptions, positive, publish } from '../command-options.ts'
import { runProcess } from '../measure/run-process.ts'
import { entryCommand } from '../peers/node-peers.ts'

export const retrainUsage =
  'retrain [--times 500] [--every 50] [--master local[2]] [--limit 1800] [--json FILE] [--keep]'

interface Sample {
  readonly fits: number
  readonly seconds: number
  /** The mean after each fit since the last sample. */
  readonly rssBytes: number
  readonly leastRssBytes: number
  readonly mostRssBytes: number
  readonly heapBytes: number
  readonly diskBytes: number
}

export async function retrainCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      times: { type: 'string', default: '500' },
      every: { type: 'string', default: '50' },
      master: { type: 'string', default: 'local[2]' },
      limit: { type: 'string', default: '1800' },
      ...outputOptions,
    },
  })
  const command = entryCommand('retrain', [values.times, values.every, values.master])
  const run = await runProcess(command, positive('limit', values.limit))
  const samples = run.results as Sample[]
  console.log(
    '| fits | s | s per fit | RSS MB | least to most | driver heap MB | disk MB |\n|---|---|---|---|---|---|---|',
  )
  let before = { fits: 0, seconds: 0 }
  for (const sample of samples) {
    const perFit = (sample.seconds - before.seconds) / (sample.fits - before.fits)
    const { rssBytes, leastRssBytes, mostRssBytes, heapBytes, diskBytes } = sample
    const all = [rssBytes, leastRssBytes, mostRssBytes, heapBytes, diskBytes]
    const [rss, least, most, heap, disk] = all.map((bytes) => (bytes / 1e6).toFixed(1))
    const cells = [sample.fits, sample.seconds.toFixed(1), perFit.toFixed(3), rss, `${least} to ${most}`, heap, disk]
    console.log(`| ${cells.join(' | ')} |`)
    before = sample
  }
  if (run.timedOut) console.log(`It was ended after ${values.limit} s.`)
  else if (run.failure) console.log(`It failed: ${run.failure}`)
  console.log(
    'RSS and heap are of the driver process; in local[n] the executors are threads of it. RSS is the mean after each fit since the line above.',
  )
  publish('retrain', { times: values.times, master: values.master }, samples, values)
  return run.failure ? 1 : 0
}
