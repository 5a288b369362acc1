/** `npm run bench -- serialization`: JSON, v8 and msgpackr beside the codec, on rows of five kinds. */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
// Modules of one build: the codec is no public name, and the bundles that programs import have their own.
import { createContext, registerClass } from '../../../core/dist/index.js'
import { outputOptions, positive, publish } from '../command-options.ts'
import { measureSerializer } from '../serialization/measure-serializer.ts'
import { RegisteredRating, sampleRows } from '../serialization/sample-rows.ts'
import { serializers } from '../serialization/serializers.ts'

export const serializationUsage = 'serialization [--rows 100000] [--rounds 5] [--write-docs] [--json FILE] [--keep]'

const docs = fileURLToPath(new URL('../../../../docs/serialization.md', import.meta.url))
const marked = /(<!-- figures -->\n)[^]*(<!-- end of figures -->)/

export async function serializationCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '5' },
      'write-docs': { type: 'boolean', default: false },
      ...outputOptions,
    },
  })
  const count = positive('rows', values.rows)
  const rounds = positive('rounds', values.rounds)
  registerRating()
  // A context takes in the class that is not registered.
  const context = await createContext({ master: 'memory[1]' })
  const figures = []
  const table: string[] = []
  const print = (line: string) => {
    table.push(line)
    console.log(line)
  }
  print('| rows | serializer | encode MB/s | decode MB/s | bytes per row | exact |')
  print('|---|---|---|---|---|---|')
  for (const { name, make } of sampleRows) {
    const rows = make(count)
    for (const serializer of serializers) {
      const figure = measureSerializer(serializer, rows, rounds)
      const { encodeMbPerSecond, decodeMbPerSecond, bytesPerRow, exact } = figure
      const cells = [Math.round(encodeMbPerSecond), Math.round(decodeMbPerSecond), bytesPerRow.toFixed(1)]
      print(`| ${[name, serializer.name, ...cells, exact ? 'yes' : 'no'].join(' | ')} |`)
      figures.push({ rows: name, serializer: serializer.name, ...figure })
    }
  }
  await context.stop()
  if (values['write-docs']) writeTable(table, count)
  publish('serialization', { count, rounds }, figures, values)
  // What the codec changes is a bug.
  return figures.every(({ serializer, exact }) => serializer !== 'gridify' || exact) ? 0 : 1
}

function registerRating(): void {
  registerClass(RegisteredRating, {
    encode: ({ user, item, weight, at }): [number, string, number, number] => [user, item, weight, at.getTime()],
    decode: ([user, item, weight, at]) => new RegisteredRating(user, item, weight, new Date(at)),
  })
}

/** The docs show what this command printed, between two marks. */
function writeTable(table: readonly string[], count: number): void {
  const text = readFileSync(docs, 'utf8')
  if (!marked.test(text)) throw new Error(`${docs} has no place that is marked for figures`)
  const where = `${count} rows of each kind, Node ${process.versions.node}, ${process.platform} ${process.arch}`
  writeFileSync(
    docs,
    text.replace(marked, (_, start: string, end: string) => `${start}\n${where}:\n\n${table.join('\n')}\n\n${end}`),
  )
}
