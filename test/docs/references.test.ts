/** What the documents name exists: options of the command, files of the source, links. */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parseExecutorOptions } from '../../packages/core/dist/cli/executor-options.js'
import { codeBlocks } from './code-blocks.ts'

const root = join(import.meta.dirname, '../..')
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]
const textOf = (document: string) => readFileSync(join(root, document), 'utf8')
const cluster = 'docs/running-a-cluster.md'

test('the table of options lists exactly those that executor --help prints', () => {
  const help = execFileSync(join(root, 'node_modules/.bin/executor'), ['--help'], { encoding: 'utf8' })
  const printed = [...help.matchAll(/^ {2}(--[\w-]+) /gm)].map(([, option]) => option)
  const listed = [...textOf(cluster).matchAll(/^\| `(--[\w-]+)` \|/gm)].map(([, option]) => option)
  expect(printed.length).toBeGreaterThan(10)
  expect(listed.toSorted()).toEqual(printed.toSorted())
})

/** The arguments of every executor command in a document's blocks for shells, systemd and containers. */
function commandsOf(document: string): string[][] {
  return codeBlocks(join(root, document)).flatMap(({ language, text }) => {
    if (language === 'dockerfile')
      return [
        [...text.matchAll(/^(?:ENTRYPOINT|CMD) (\[.*\])$/gm)]
          .flatMap(([, list]) => JSON.parse(list!) as string[])
          .slice(1),
      ]
    const lines = [...text.matchAll(/^(?:npx -p @gridify\/core executor|ExecStart=\S+\/executor) (.*)$/gm)]
    return ['sh', 'ini'].includes(language) ? lines.map(([, line]) => line!.split(' ')) : []
  })
}

test('every executor command in the documents has options that the executor takes', () => {
  const commands = documents.flatMap(commandsOf)
  expect(commands.length).toBeGreaterThanOrEqual(6)
  for (const command of commands) expect(parseExecutorOptions(command, {}).port).toBeGreaterThan(0)
})

test('the journey names files of the core that exist', () => {
  const named = [...textOf('docs/journey-of-a-task.md').matchAll(/`(\w[\w-]*\/[\w-]+\.ts)`/g)].map(([, file]) => file!)
  expect(named.length).toBeGreaterThan(15)
  expect(named.filter((file) => !existsSync(join(root, 'packages/core/src', file)))).toEqual([])
})

test.each(documents)('the links of %s lead somewhere', (document) => {
  const links = [...textOf(document).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, link]) => link!)
  expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([])
})
