/** Functions captured in real driver processes of each kind, and run in a process that never saw their sources. */

import { afterAll, describe, expect, test } from 'vitest'
import { makeWorkspace, shipCases } from './workspace.ts'

const workspace = makeWorkspace()
const tsx = ['--import', import.meta.resolve('tsx')]

const [esm, cjs, tsxModule, tsxCommonJs] = await Promise.all([
  shipCases(workspace, ['language.mjs', 'imports.mjs']),
  shipCases(workspace, ['language.cjs', 'imports.cjs']),
  shipCases(workspace, ['module/language.ts', 'module/imports.ts'], tsx),
  shipCases(workspace, ['commonjs/language.ts', 'commonjs/imports.ts'], tsx),
])

afterAll(() => workspace.remove())

describe.each([
  { kind: 'an ES module', ...esm },
  { kind: 'CommonJS', ...cjs },
  { kind: 'TypeScript through tsx as ES modules', ...tsxModule },
  { kind: 'TypeScript through tsx as CommonJS', ...tsxCommonJs },
])('captured in $kind', ({ shipped, refused }) => {
  test.each(shipped)('ships $name', ({ expected, actual }) => {
    expect(actual).toBe(expected)
  })

  test.each(refused)('refuses $name, and says why', ({ reason, error }) => {
    expect(error).toContain(reason)
    expect(error).toMatch(/^map\(\) at job\.js:1:1 cannot send its function to executors: \(/)
  })
})
