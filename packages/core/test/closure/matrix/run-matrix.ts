/**
 * `npm run matrix` captures every case in every kind of driver on every version of Node. `-- --write` puts the outcome
 * into docs/closures.md, `-- 'vitest, forks'` runs one driver; exit code 1 where something is not as it must be.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeWorkspace } from '../workspace.ts'
import { installNode, majors } from './node-versions.ts'
import { renderMatrix, replaceSection, type Cell } from './render-matrix.ts'
import { runtimes } from './runtimes.ts'
import { shipCases } from './ship-cases.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true, default: majors.map(String) },
  },
})
const project = join(import.meta.dirname, '../../../../..')
const cache = process.env['GRIDIFY_NODE_CACHE'] ?? join(project, 'node_modules/.cache/closure-matrix')
const workspace = makeWorkspace()
const cells: Cell[] = []
let isRight = true

try {
  for (const major of values.node.map(Number)) {
    const binary = installNode(major, cache)
    const node = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim().slice(1)
    for (const runtime of runtimes) {
      if (positionals.length > 0 && !positionals.includes(runtime.name)) continue
      if ((runtime.since ?? 0) > major) continue
      const outcome = await shipCases(workspace, runtime, binary).catch((error: Error) => error)
      cells.push({ runtime: runtime.name, node, outcome })
      report(runtime.name, node, outcome)
    }
  }
} finally {
  workspace.remove()
}

if (values.write) {
  const docs = join(project, 'docs/closures.md')
  writeFileSync(docs, replaceSection(readFileSync(docs, 'utf8'), renderMatrix(cells)))
}
process.exitCode = isRight ? 0 : 1

function report(runtime: string, node: string, outcome: Cell['outcome']): void {
  if (outcome instanceof Error) {
    isRight = false
    const { stderr = '', stdout = '' } = outcome as Error & { stderr?: string; stdout?: string }
    console.log(`Node ${node}, ${runtime}: does not run: ${outcome.message}\n${stderr}${stdout}`)
    return
  }
  const { shipped, refused } = outcome
  const wrong = [...shipped, ...refused].filter(({ expected, actual }) => expected !== actual)
  if (wrong.length > 0) isRight = false
  console.log(
    `Node ${node}, ${runtime}: ${shipped.length} ship, ${refused.length} are refused, ${wrong.length} are wrong`,
  )
  for (const { name, expected, actual } of wrong) console.log(`  ${name}\n    must be: ${expected}\n    is: ${actual}`)
}
