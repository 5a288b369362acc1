import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { remapStack } from '../../src/closure/remap-stack.ts'
import { fixtures, makeWorkspace, runNode, writeFiles } from './workspace.ts'

const workspace = makeWorkspace()
afterAll(() => workspace.remove())

test('frames without a source map keep their position', () => {
  const stack = 'Error: x\n    at f (file:///srv/job.mjs:3:7)\n    at node:internal/process:1:2'
  expect(remapStack(stack)).toBe('Error: x\n    at f (/srv/job.mjs:3:7)\n    at node:internal/process:1:2')
})

test('a remote stack shows the lines of the TypeScript file on the driver', async () => {
  const dist = pathToFileURL(join(fixtures, '../../../dist/closure/')).href
  writeFiles(workspace.driver, {
    'commonjs/job.ts': `
      interface Row { price: number }

      type Rows = readonly Row[]
      export const check = (rows: Rows): number => {
        const total = rows.length
        throw new Error('no price' as string)
      }
    `,
    'driver.mjs': `
      import { writeFileSync } from 'node:fs'
      import { execFileSync } from 'node:child_process'
      import { captureClosure } from '${dist}capture.js'
      import { remapStack } from '${dist}remap-stack.js'
      const { check } = await import('./commonjs/job.ts')
      const { bytes, location } = captureClosure(check, { operation: 'map', location: 'x' })
      writeFileSync('closure.bin', bytes)
      const stack = execFileSync(process.execPath, ['executor.mjs'], { encoding: 'utf8', env: {} })
      console.log(JSON.stringify([location, stack.split('\\n')[1], remapStack(stack).split('\\n')[1]]))
    `,
    'executor.mjs': `
      import { readFileSync } from 'node:fs'
      import { rebuildClosure } from '${dist}rebuild.js'
      const make = await rebuildClosure(readFileSync('closure.bin'), { importRoots: [] })
      try { make()([]) } catch (error) { console.log(error.stack) }
    `,
  })
  const output = await runNode(['--import', import.meta.resolve('tsx'), 'driver.mjs'], workspace.driver)
  const [location, remote, mapped] = JSON.parse(output) as [string, string, string]
  expect(location).toMatch(/commonjs\/job\.ts:5:\d+$/)
  expect(remote).not.toMatch(/job\.ts:7:/)
  expect(mapped).toMatch(/at check \(.*commonjs\/job\.ts:7:15\)/)
})
