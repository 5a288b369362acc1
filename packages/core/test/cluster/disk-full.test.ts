/** A work folder that takes no more: the error says so, and no file stays. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, DiskError } from '@gridify/core'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'gridify-disk-'))
afterAll(() => rmSync(folder, { recursive: true }))
const core = new URL('../../lib/index.js', import.meta.url).href

test.each(['local[1]', 'local-cluster[1,1]'])('%s: a disk that is full while a task spills', (master) => {
  const workDir = join(folder, master)
  mkdirSync(workDir)
  const driver = `
    import { createContext } from '${core}'
    const context = await createContext({ master: '${master}', workDir: process.argv[1], onLog: () => {} })
    const pairs = context.range(0, 200000, { partitions: 2 }).map((i) => [i % 10, { at: i }])
    const jobs = [
      () => pairs.groupByKey().count(),
      () => pairs.sortBy(([, { at }]) => -at).count(),
      () => pairs.join(pairs).count(),
      () => pairs.map((pair) => JSON.stringify(pair)).persist('disk').count(),
    ]
    for (const job of jobs) {
      const error = await job().catch((thrown) => thrown)
      console.log(error.code, error.message)
    }
    await context.stop()`
  // No file may grow beyond 256 blocks of 512 bytes: writing more fails as on a full disk.
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -f 256; exec "$@"', 'sh', process.execPath, '--input-type=module', '--eval', driver, workDir],
    {
      encoding: 'utf8',
      env: { ...process.env, GRIDIFY_EXECUTION_BYTES: '20000' },
    },
  )
  expect(stderr).toBe('')
  expect(stdout.trim().split('\n')).toEqual(
    Array.from({ length: 4 }, () =>
      expect.stringMatching(
        /^DISK \w+\(\) at .+: \/\S+\.block could not be written: EFBIG.*: free space there, give it another folder \(workDir, or --work-dir of the executor\).* \(stage \d+, partition \d, attempt \d, executor /,
      ),
    ),
  )
  expect(readdirSync(workDir)).toEqual([])
})

test('a work folder that goes away while the context runs', async () => {
  const workDir = join(folder, 'gone')
  await using context = await createContext({ master: 'local[1]', workDir, shuffleStorage: 'disk', onLog: () => {} })
  rmSync(workDir, { recursive: true })
  writeFileSync(workDir, '')
  const error = await context
    .range(0, 10)
    .keyBy((i) => i)
    .groupByKey()
    .count()
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DiskError)
  expect((error as DiskError).message).toMatch(/ENOTDIR.*give it another folder \(workDir/)
})
