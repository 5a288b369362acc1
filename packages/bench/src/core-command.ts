/** `npm run bench -- core`: reads its options, prints the table as it grows, writes JSON and history. */

import { parseArgs } from 'node:util'
import { caseById, cases } from './cases/index.ts'
import { list, outputOptions, positive, publish } from './command-options.ts'
import { runCoreSuite, type PeerResult } from './core-suite.ts'
import { median } from './measure/median.ts'
import { peers } from './peers/index.ts'
import { gridify } from './peers/node-peers.ts'
import { medianSeconds, tableHead, tableRow } from './results-table.ts'

export const coreUsage = `core [--case a,b] [--vs plain,duckdb,skale,spark,pyspark] [--rounds 3] [--master local[2]]
       [--cluster] [--scale 1] [--limit 120] [--json FILE] [--keep]
       --cluster adds local-cluster[2,1]; --limit is seconds per job; --keep adds a line to history.jsonl
       cases: ${cases.map(({ id, title }) => `${id} (${title})`).join('; ')}`

export async function coreCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      case: { type: 'string' },
      vs: { type: 'string', default: 'plain,duckdb' },
      rounds: { type: 'string', default: '3' },
      master: { type: 'string', default: 'local[2]' },
      cluster: { type: 'boolean', default: false },
      scale: { type: 'string', default: '1' },
      limit: { type: 'string', default: '120' },
      ...outputOptions,
    },
  })
  const chosen = values.case === undefined ? cases : list(values.case).map(caseById)
  const others = list(values.vs).map((name) => {
    if (!peers[name]) throw new Error(`there is no peer '${name}'; there are ${Object.keys(peers).join(', ')}`)
    return peers[name]
  })
  const own = [gridify(values.master), ...(values.cluster ? [gridify('local-cluster[2,1]')] : [])]
  const options = {
    rounds: positive('rounds', values.rounds),
    scale: positive('scale', values.scale),
    limitSeconds: positive('limit', values.limit),
  }
  console.log(tableHead)
  let reference: PeerResult | undefined
  const results = await runCoreSuite({
    ...options,
    cases: chosen,
    peers: [...own, ...others],
    onResult(result) {
      if (result.peer === own[0]!.name) reference = result
      console.log(tableRow(result, medianSeconds(reference)))
    },
    onNote: (text) => console.error(text),
  })
  console.log(`
Job seconds are taken inside the process, after its start; gridify, plain, duckdb and skale run cold (one job per process),
spark and pyspark warm (the second of two jobs). CPU and peak memory are of the whole process tree, start included.`)
  publish('core', { ...options, master: values.master }, results, values, results.map(inShort))
  return results.some(({ problem }) => problem?.startsWith('WRONG')) ? 1 : 0
}

function inShort({ case: id, peer, runs, problem }: PeerResult) {
  const seconds = runs.map((run) => run.seconds)
  const rounded = (value: number) => Number(value.toFixed(3))
  return {
    case: id,
    peer,
    ...(runs.length > 0
      ? {
          seconds: [median(seconds), Math.min(...seconds), Math.max(...seconds)].map(rounded),
          cpuSeconds: rounded(median(runs.map((run) => run.cpuSeconds))),
          peakMb: Math.round(median(runs.map((run) => run.peakBytes)) / 1e6),
        }
      : {}),
    ...(problem ? { problem } : {}),
  }
}
