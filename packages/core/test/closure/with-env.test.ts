import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ClosureError } from '../../src/base/errors.ts'
import { captureClosure } from '../../src/closure/capture.ts'
import { withEnv } from '../../src/closure/with-env.ts'
import { shipped, site } from './rebuild-here.ts'
import { fixtures, runNode } from './workspace.ts'

test('gives the function that the factory makes', () => {
  const scale = withEnv(
    { factor: 3 },
    ({ factor }) =>
      (x: number) =>
        x * factor,
  )
  expect(scale(2)).toBe(6)
})

test('ships the environment and the factory', async () => {
  const scale = withEnv(
    { table: new Map([['a', 3]]) },
    ({ table }) =>
      (key: string) =>
        table.get(key),
  )
  expect((await shipped(scale))()('a')).toBe(3)
})

test('knows where it was made', () => {
  const scale = withEnv(
    { factor: 3 },
    ({ factor }) =>
      (x: number) =>
        x * factor,
  )
  expect(captureClosure(scale, site).location).toMatch(/with-env\.test\.ts:\d+:\d+$/)
})

test('a factory that reaches outside is refused at once', () => {
  const factor = 3
  expect(() => withEnv({}, () => (x: number) => x * factor)).toThrow(ClosureError)
  expect(() => withEnv({}, () => (x: number) => x * factor)).toThrow(
    /^withEnv\(\) at .*with-env\.test\.ts:\d+:\d+: the factory uses `factor` from outside; put it into the environment: withEnv\(\{ factor \}/,
  )
})

test('works without an inspector, where plain captures are refused with the cure', async () => {
  const dist = pathToFileURL(join(fixtures, '../../../dist/closure/')).href
  const script = `
    const { getBuiltinModule } = process
    process.getBuiltinModule = (name) => (name === 'node:inspector' ? undefined : getBuiltinModule(name))
    const { captureClosure } = await import('${dist}capture.js')
    const { withEnv } = await import('${dist}with-env.js')
    const { rebuildClosure } = await import('${dist}rebuild.js')
    const site = { operation: 'map', location: 'job.js:1:1' }
    const factor = 3
    const run = async (fn) => (await rebuildClosure(captureClosure(fn, site).bytes, { importRoots: [] }))()(2)
    const explicit = await run(withEnv({ factor }, ({ factor }) => (x) => x * factor))
    const pure = await run((x) => x + 1)
    let refused
    try { await run((x) => x * factor) } catch (error) { refused = error.message }
    console.log(JSON.stringify({ explicit, pure, refused }))
  `
  expect(JSON.parse(await runNode(['--input-type=module', '-e', script], fixtures))).toEqual({
    explicit: 6,
    pure: 3,
    refused:
      'map() at job.js:1:1 cannot send its function to executors: (anonymous function) uses `factor`, and this process has no ' +
      'V8 inspector to read captured variables with; use withEnv({ factor }, ({ factor }) => ...)',
  })
})
