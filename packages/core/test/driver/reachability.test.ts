import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

test.each(['local[2]', 'local-cluster[1,2]'])(
  'on %s, what a dataset held goes when nobody holds it any more, and not while a child needs it',
  async (master) => {
    const workDir = mkdtempSync(join(tmpdir(), 'gridify-test-'))
    try {
      const script = fileURLToPath(new URL('./fixtures/let-go.mjs', import.meta.url))
      const { stdout } = await run(process.execPath, ['--expose-gc', script, workDir, master])
      expect(JSON.parse(stdout)).toEqual({
        before: 4,
        stillThere: true,
        sizes: [
          [0, 'none'],
          [1, 'one'],
        ],
        count: 5,
      })
    } finally {
      rmSync(workDir, { recursive: true, force: true })
    }
  },
)
