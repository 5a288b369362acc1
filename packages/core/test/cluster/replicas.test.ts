/** What lies on two executors outlives one of them. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, type StorageLevel } from '@gridify/core'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'gridify-replicas-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each<[StorageLevel, number]>([
  ['memory', 10],
  ['memory', 200_000],
  ['memory-and-disk', 10],
  ['disk', 10],
])('kept in %s with two replicas, %d rows are not computed again when an executor is killed', async (level, rows) => {
  const log = join(folder, `${level}-${rows}`)
  await using context = await createContext({ master: 'local-cluster[3,1]', onLog: () => {} })
  const kept = context
    .range(0, rows, { partitions: 6 })
    .mapPartitions((part, task) => {
      appendFileSync(log, `${task.partition}\n`)
      return part
    })
    .map((n) => ({ n, text: `row ${n}` }))
    .persist(level, { replicas: 2 })
  const made = () => readFileSync(log, 'utf8').trim().split('\n').sort().join(' ')
  const firstAndLast = async () => {
    const all = await kept.map(({ n, text }) => [n, text] as const).collect()
    return [all.length, all[0], all.at(-1)]
  }
  expect(await kept.count()).toBe(rows)
  expect(kept.explain()).toContain(`kept: ${level} on 2 executors, held`)
  const expected = [rows, [0, 'row 0'], [rows - 1, `row ${rows - 1}`]]
  // One after the other: the copies that went with the first are made again from the others.
  for (let lost = 0; lost < 2; lost++) {
    const [pid] = await context
      .range(0, 1, { partitions: 1 })
      .map(() => process.pid)
      .collect()
    process.kill(pid!, 'SIGKILL')
    while (context.metrics().executorsLost === lost) await context.range(0, 1).count()
    expect(await firstAndLast()).toEqual(expected)
    expect(made()).toBe('0 1 2 3 4 5')
  }
})

test('where there is one executor only, one copy is all', async () => {
  await using context = await createContext({ master: 'local[1]' })
  const kept = context.range(0, 4).persist('memory', { replicas: 2 })
  expect(await kept.count()).toBe(4)
  expect(await kept.collect()).toEqual([0, 1, 2, 3])
})

test('replicas that are no number of executors are refused', async () => {
  await using context = await createContext({ master: 'memory' })
  expect(() => context.range(0, 4).persist('disk', { replicas: 0 })).toThrow(
    'persist(): `replicas` must be a whole number from 1, got 0',
  )
  expect(() => context.range(0, 4).persist('disk', { replica: 2 } as never)).toThrow(
    'has no option `replica`; did you mean `replicas`?',
  )
})
