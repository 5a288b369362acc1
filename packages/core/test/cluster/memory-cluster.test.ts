import { createContext } from '@gridify/core'
import { expect, test } from 'vitest'

test('a job on the memory cluster can be aborted by a timer while it runs', async () => {
  await using context = await createContext({ master: 'memory[2]' })
  const tasks = context.range(0, 1_000_000, { partitions: 1_000_000 })
  await expect(tasks.count({ signal: AbortSignal.timeout(100) })).rejects.toThrow(
    /^count\(\) at .*memory-cluster.test.ts:\d+:\d+ was aborted by its signal$/,
  )
})
