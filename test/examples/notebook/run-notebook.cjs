/**
 * Runs the code cells of a notebook through tslab's converter and executor, as its Jupyter kernel does, without Jupyter:
 * `node run-notebook.cjs FILE` prints one JSON line per cell, { source, outputs }, and stops with exit code 1 behind a
 * cell that fails to compile or throws. `--write` puts the outputs into FILE.
 */

const { readFileSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { format, inspect } = require('node:util')
const { createConverter } = require('tslab/dist/converter')
const { createExecutor } = require('tslab/dist/executor')
const jupyter = require('tslab/dist/jupyter')

const [notebookPath, flag] = process.argv.slice(2)
const file = path.resolve(notebookPath)
// A kernel starts in the folder of its notebook, and tslab compiles nothing outside of it.
process.chdir(path.dirname(file))

let outputs = []
function stream(name, ...values) {
  const text = `${format(...values)}\n`
  const last = outputs.at(-1)
  if (last?.output_type === 'stream' && last.name === name) last.text.push(...linesOf(text))
  else outputs.push({ name, output_type: 'stream', text: linesOf(text) })
}
const linesOf = (text) => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

// `display` writes to whatever the kernel has put here.
jupyter.lastWriteDisplayData = ({ data, metadata }) => {
  const whole = Object.entries(data).map(([type, content]) => [type, linesOf(content)])
  outputs.push({ data: Object.fromEntries(whole), metadata, output_type: 'display_data' })
}
console.log = (...values) => stream('stdout', ...values)
console.error = (...values) => stream('stderr', ...values)
inspect.defaultOptions.colors = false

async function main() {
  const notebook = JSON.parse(readFileSync(file, 'utf8'))
  const node = createConverter()
  const executor = createExecutor(process.cwd(), { node, browser: node, close: () => node.close() }, console)
  let ok = true
  let count = 0
  for (const cell of notebook.cells) {
    if (cell.cell_type !== 'code') continue
    outputs = []
    const source = cell.source.join('')
    ok = await executor.execute(source)
    cell.execution_count = ++count
    cell.outputs = outputs
    process.stdout.write(`${JSON.stringify({ source, ok, outputs })}\n`)
    if (!ok) break
  }
  if (ok && flag === '--write') writeFileSync(file, `${JSON.stringify(notebook, null, 1)}\n`)
  // A cell that failed may have left a cluster open.
  process.exit(ok ? 0 : 1)
}
void main()
