import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext } from '@gridify/core'
import { expect, test } from 'vitest'

test.each(['memory[2]', 'local[2]', 'local-cluster[1,2]'])(
  'on %s a work folder that cannot be is refused at the start, and one that can is empty at the end',
  async (master) => {
    const parent = mkdtempSync(join(tmpdir(), 'gridify-test-'))
    try {
      writeFileSync(join(parent, 'file'), '')
      await expect(createContext({ master, workDir: join(parent, 'file', 'below') })).rejects.toMatchObject({
        name: 'UsageError',
        message: expect.stringContaining(`workDir ${join(parent, 'file', 'below')} cannot be written to: ENOTDIR`),
      })
      const workDir = join(parent, 'work')
      const context = await createContext({ master, workDir, shuffleStorage: 'disk', onLog: () => {} })
      const kept = context
        .range(0, 100, { partitions: 2 })
        .map((n) => [n % 10, n] as const)
        .persist('disk')
      expect(await kept.reduceByKey((left, right) => left + right).count()).toBe(10)
      await context.stop()
      expect(readdirSync(workDir)).toEqual([])
    } finally {
      rmSync(parent, { recursive: true, force: true })
    }
  },
)
