/** Lineages of iterative jobs are deep: no walk over them may recurse, and a chain of steps runs as one loop. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// A process of its own: looking up 100,000 call sites through the test runner's source maps takes a minute.
test('chains of 100,000 steps and of 100,000 unions are planned in time and run', async () => {
  const program = join(import.meta.dirname, 'fixtures/deep-lineage.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [program])
  const { chainSeconds, unionSeconds, plan, ...results } = JSON.parse(stdout) as Record<string, unknown>
  expect(results).toEqual({ rows: [0, 10, 20], first: [0, 1, 2, 0], total: [['a', 1000]] })
  expect(plan).toMatch(/^stage 1: 100000 partitions -> result\n  range\(\) .*\n  union\(\) .*$/)
  // One to two seconds on the machines at hand; a walk that is quadratic takes hours.
  expect(chainSeconds).toBeLessThan(10)
  expect(unionSeconds).toBeLessThan(10)
})
