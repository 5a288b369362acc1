/** Runs the skewed join five times in a warm context and tells the times of its tasks: SPREAD ROWS KEYS PARTITIONS MASTER [whole]. */

import { createContext, type TaskReport } from '@gridify/core'
import { countJoined, type SkewedJoin, type Spread } from '../suites/skewed-join-program.ts'
import { printResult } from './report-result.ts'

const [spread, rows, keys, partitions, master, whole] = process.argv.slice(2)
const join: SkewedJoin = {
  spread: spread as Spread,
  rows: Number(rows),
  keys: Number(keys),
  partitions: Number(partitions),
}
const tasks: TaskReport[] = []
const context = await createContext({
  master,
  ...(whole ? { skewSplit: false } : {}),
  onTask: (task) => void tasks.push(task),
})
// V8 compiles the loops of a slot in its first tasks, which would seem to be the slow ones.
await countJoined(context, { ...join, rows: Math.ceil(join.rows / 20) })
// What a machine does besides falls on other tasks each time.
for (let pass = 0; pass < 5; pass++) {
  tasks.length = 0
  const started = performance.now()
  const count = await countJoined(context, join)
  const seconds = (performance.now() - started) / 1000
  // The stage of the action is the last one.
  const last = Math.max(...tasks.map(({ stage }) => stage))
  const milliseconds = tasks
    .filter(({ stage }) => stage === last)
    .sort((left, right) => left.partition - right.partition || (left.piece?.index ?? 0) - (right.piece?.index ?? 0))
    .map((task) => task.milliseconds)
  printResult({ count, seconds, milliseconds })
}
await context.stop()
