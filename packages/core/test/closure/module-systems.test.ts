/** Functions captured in real driver processes of each kind, and run in a process that never saw their sources. */

import { afterAll, describe, expect, test } from 'vitest'
import { runtimes } from './matrix/runtimes.ts'
import { shipCases } from './matrix/ship-cases.ts'
import { makeWorkspace } from './workspace.ts'

// The other runtimes, on each version of Node, are those of `npm run matrix`.
const quick = [
  'ES modules',
  'CommonJS',
  'tsx, ES modules',
  'tsx, CommonJS',
  'esbuild, CommonJS',
  'esbuild, minified',
  'a worker thread',
  'the REPL',
]

const workspace = makeWorkspace()
afterAll(() => workspace.remove())

const outcomes = await Promise.all(
  quick.map(async (name) => {
    const runtime = runtimes.find((each) => each.name === name)!
    return { name, ...(await shipCases(workspace, runtime)) }
  }),
)

describe.each(outcomes)('captured in $name', ({ shipped, refused }) => {
  test.each(shipped)('ships $name', ({ expected, actual }) => {
    expect(actual).toBe(expected)
  })

  test.each(refused)('refuses $name, and says why', ({ expected, actual }) => {
    expect(actual).toBe(expected)
  })
})
