/** What `onTask` is told: each task that counts, once. */
import { createContext, type TaskReport } from '@gridify/core'
import { expect, test } from 'vitest'

test('each task is reported once, with its stage, partition and time', async () => {
  const reports: TaskReport[] = []
  await using context = await createContext({ master: 'memory[2]', onTask: (report) => void reports.push(report) })
  await context
    .range(0, 6, { partitions: 3 })
    .map((n) => [n % 2, n])
    .partitionBy(2)
    .count()
  const stages = [...new Set(reports.map(({ stage }) => stage))].sort()
  expect(
    stages.map((stage) =>
      reports
        .filter((report) => report.stage === stage)
        .map(({ partition, attempt }) => `${partition}/${attempt}`)
        .sort(),
    ),
  ).toEqual([
    ['0/0', '1/0', '2/0'],
    ['0/0', '1/0'],
  ])
  expect(reports.every(({ milliseconds, site, executor }) => milliseconds >= 0 && site !== '' && executor !== '')).toBe(
    true,
  )
})
