/** Blocks between executors as zstd: fewer bytes, the same rows; said clearly where Node has no zstd. */
import { createContext, type ContextOptions } from '@gridify/core'
import { expect, test } from 'vitest'

const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
const hasZstd = major > 23 || (major === 22 && minor >= 15) || (major === 23 && minor >= 8)

async function shuffled(options: ContextOptions) {
  await using context = await createContext({ master: 'local-cluster[2,1]', ...options })
  const rows = await context
    .range(0, 60_000, { partitions: 4 })
    .map((n): [string, number] => [`customer ${n % 2000}`, n])
    .groupByKey(4)
    .mapValues((group) => group.toArray().reduce((sum, n) => sum + n, 0))
    .collect()
  return { rows, networkBytes: context.metrics().networkBytes }
}

test.runIf(hasZstd)('with zstd, the same rows come of less than half of the bytes', async () => {
  const plain = await shuffled({})
  const compressed = await shuffled({ networkCompression: 'zstd' })
  expect(compressed.rows).toEqual(plain.rows)
  expect(compressed.networkBytes).toBeLessThan(0.6 * plain.networkBytes)
})

test.skipIf(hasZstd)('zstd is refused where an executor has none', async () => {
  const error = await shuffled({ networkCompression: 'zstd' }).catch((thrown: Error) => thrown)
  expect((error as Error).message.replace(/:\d+ /, ':PORT ')).toBe(
    `networkCompression: 'zstd' needs Node 22.15 on all executors; executor ws://127.0.0.1:PORT runs Node ${process.versions.node}`,
  )
})

test('no other compression is known', async () => {
  await expect(createContext({ networkCompression: 'lz4' as never })).rejects.toThrow(
    "createContext(): option `networkCompression` must be 'none' or 'zstd', got 'lz4'",
  )
})
