/** What a job costs before it computes anything: MASTER TASKS. */

import { median } from '../measure/median.ts'
import { printResult } from './report-result.ts'

const [master, tasks] = process.argv.slice(2)
const warmJobs = 50

async function secondsOf<T>(work: () => T | Promise<T>): Promise<[number, T]> {
  const started = performance.now()
  const value = await work()
  return [(performance.now() - started) / 1000, value]
}

const [importSeconds, { createContext }] = await secondsOf(() => import('@gridify/core'))
const [createContextSeconds, context] = await secondsOf(() => createContext({ master }))
const factor = 3
const capture = () => context.range(0, 2).map((i) => i * factor)
const [firstCaptureSeconds, dataset] = await secondsOf(capture)
const [nextCaptureSeconds] = await secondsOf(capture)
const [firstJobSeconds] = await secondsOf(() => dataset.count())
const nothing = context.range(0, 0)
const warm: number[] = []
for (let job = 0; job < warmJobs; job++) warm.push((await secondsOf(() => nothing.count()))[0])
const [tasksSeconds, rows] = await secondsOf(() => context.range(0, 0, { partitions: Number(tasks) }).count())
if (rows !== 0) throw new Error(`an empty dataset has ${rows} rows`)
const [stopSeconds] = await secondsOf(() => context.stop())
printResult({
  importSeconds,
  createContextSeconds,
  firstCaptureSeconds,
  nextCaptureSeconds,
  firstJobSeconds,
  warmJobSeconds: median(warm),
  tasksSeconds,
  stopSeconds,
})
