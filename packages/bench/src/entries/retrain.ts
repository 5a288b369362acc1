/** Trains a small model again and again in one context, and tells its memory and disk now and then: TIMES EVERY MASTER. */

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext } from '@gridify/core'
import { ImplicitALS, type Rating } from '@gridify/mf'
import { mixedKey } from '../mixed-key.ts'
import { printResult } from './report-result.ts'

const [times, every, master] = process.argv.slice(2)
const users = 200
const items = 100
const ratings = Array.from({ length: 4000 }, (_, i): Rating => [
  `user ${mixedKey(i) % users}`,
  `item ${mixedKey(i + 1e6) % items}`,
  1 + (i % 5),
])

const workDir = mkdtempSync(join(tmpdir(), 'gridify-bench-retrain-'))
const context = await createContext({ master, workDir })
const started = performance.now()
let resident: number[] = []
for (let time = 1; time <= Number(times); time++) {
  const model = await new ImplicitALS({ factors: 8, iterations: 2 }).fit(ratings, { context })
  if (model.recommend('user 0', { k: 1 }).length !== 1) throw new Error(`the model of fit ${time} recommends nothing`)
  resident.push(process.memoryUsage.rss())
  if (time !== 1 && time % Number(every) !== 0) continue
  printResult({
    fits: time,
    seconds: (performance.now() - started) / 1000,
    rssBytes: resident.reduce((sum, bytes) => sum + bytes) / resident.length,
    leastRssBytes: Math.min(...resident),
    mostRssBytes: Math.max(...resident),
    heapBytes: process.memoryUsage().heapUsed,
    diskBytes: bytesUnder(workDir),
  })
  resident = []
}
await context.stop()
rmSync(workDir, { recursive: true, force: true })

function bytesUnder(folder: string): number {
  if (!existsSync(folder)) return 0
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
}
