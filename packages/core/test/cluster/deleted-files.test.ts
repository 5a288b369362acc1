/** Files of the work folder that somebody removes or changes: what was in them is made again. */
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, type Context } from '@gridify/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

describe.each(['local[2]', 'local-cluster[2,1]'])('%s', (master) => {
  let context: Context
  let folder: string
  let workDir: string
  /** Where functions write which partitions they made. */
  let log: string
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gridify-deleted-'))
    workDir = join(folder, 'work')
    log = join(folder, 'log')
    // No task may fail even once: a lost file is not its failure.
    context = await createContext({ master, workDir, shuffleStorage: 'disk', taskMaxFailures: 1, onLog: () => {} })
  })
  afterEach(async () => {
    await context.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const blocks = () =>
    readdirSync(workDir, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.block'))
      .map((name) => join(workDir, name))
  const made = () => {
    // An executor that has to wait may make one beside the other that does.
    const partitions = [...new Set(readFileSync(log, 'utf8').trim().split('\n').map(Number))].sort()
    rmSync(log)
    return partitions
  }

  test('kept partitions are computed from what they are made of', async () => {
    const path = log
    const kept = context
      .source(4, (partition) => {
        appendFileSync(path, `${partition}\n`)
        return [partition, partition * 10]
      })
      .persist('disk')
    expect([await kept.sum(), await kept.sum(), made()]).toEqual([66, 66, [0, 1, 2, 3]])
    for (const file of blocks()) rmSync(file)
    expect([await kept.sum(), blocks().length, made()]).toEqual([66, 4, [0, 1, 2, 3]])
    rmSync(blocks()[0]!)
    expect(await kept.collect()).toEqual([0, 0, 1, 10, 2, 20, 3, 30])
    expect(made().length).toBe(1)
    // A join reads them beside others, in tasks of another stage; executors fetch what the other one keeps.
    for (const file of blocks()) closeSync(openSync(file, 'w'))
    expect(await kept.coalesce(1).collect()).toEqual([0, 0, 1, 10, 2, 20, 3, 30])
    expect(made()).toEqual([0, 1, 2, 3])
  })
  test('map outputs are made again by their stage, and only those that are gone', async () => {
    const path = log
    const sums = context
      .source(4, (partition) => {
        appendFileSync(path, `${partition}\n`)
        return Array.from({ length: 6 }, (_, n) => [n % 3, partition] as [number, number])
      })
      .reduceByKey((a, b) => a + b, 3)
    const sorted = async () => (await sums.collect()).sort((a, b) => a[0] - b[0])
    const expected = [0, 1, 2].map((key) => [key, 12])
    expect([await sorted(), await sorted(), blocks().length, made()]).toEqual([expected, expected, 4, [0, 1, 2, 3]])
    for (const file of blocks()) rmSync(file)
    expect([await sorted(), made()]).toEqual([expected, [0, 1, 2, 3]])
    rmSync(blocks()[2]!)
    expect([await sorted(), made().length]).toEqual([expected, 1])
  })
  test('a map output whose bytes have changed is not read, but made again', async () => {
    const sums = context
      .range(0, 4000, { partitions: 2 })
      .map((n) => [n % 1000, n])
      .reduceByKey((a, b) => a + b, 2)
    const total = await sums.values().sum()
    for (const path of blocks()) {
      const file = openSync(path, 'r+')
      for (let at = 0; at < statSync(path).size; at += 100) writeSync(file, Buffer.from([0xff, 0x55]), 0, 2, at)
      closeSync(file)
    }
    expect([await sums.values().sum(), total]).toEqual([7_998_000, 7_998_000])
  })
})
