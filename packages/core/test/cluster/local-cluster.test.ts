/** What a local cluster leaves behind, however its driver ends. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const workDir = mkdtempSync(join(tmpdir(), 'gridify-test-'))
afterAll(() => rmSync(workDir, { recursive: true }))
const core = new URL('../../lib/index.js', import.meta.url).href

test('a driver that exits without stop() leaves no folder, and so no secret, behind', () => {
  const driver = `
    import { readdirSync } from 'node:fs'
    import { createContext } from '${core}'
    const workDir = process.argv[1]
    const context = await createContext({ master: 'local-cluster[1,1]', workDir })
    console.log(await context.range(0, 5).count(), readdirSync(workDir).length)
    process.exit(3)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', driver, workDir], {
    encoding: 'utf8',
  })
  expect({ status, stdout, stderr, left: readdirSync(workDir) }).toEqual({
    status: 3,
    stdout: '5 1\n',
    stderr: '',
    left: [],
  })
})
