/** Every `ts` block of the README and of docs/ compiles and runs as it stands, and prints what the block behind it says. */

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { codeBlocks, type CodeBlock } from './code-blocks.ts'

const root = join(import.meta.dirname, '../..')
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]
const run = promisify(execFile)
const nodeModule = (path: string) => join(root, 'node_modules', path)

// Inside the repository, so that `@gridify/core` is found as it is by a file of the reader's.
const folder = mkdtempSync(join(import.meta.dirname, '.run-'))
const daemons: ChildProcess[] = []
afterAll(async () => {
  await Promise.all(
    daemons.map(async (daemon) => {
      daemon.kill('SIGKILL')
      if (daemon.exitCode === null && daemon.signalCode === null) await once(daemon, 'exit')
    }),
  )
  rmSync(folder, { recursive: true })
})

/** Completes what the README shortens: the import, and the end of the context. */
function asProgram({ text }: CodeBlock): string {
  const head = /^(import|export) /m.test(text) ? '' : `import { createContext } from '@gridify/core'\n`
  const tail = /stop\(\)|await using/.test(text) || !text.includes('createContext') ? '' : 'await context.stop()\n'
  return `${head}${text}${tail}`
}

/** Starts the daemons of the document's own shell commands on free ports; returns its text with those. */
async function startDaemons(where: string, blocks: readonly CodeBlock[]): Promise<(text: string) => string> {
  const ports = new Map<string, string>()
  const lines = blocks.flatMap(({ language, text }) => (language === 'sh' ? text.split('\n') : []))
  await run('sh', ['-c', lines.filter((line) => /^(umask|head) /.test(line)).join('\n')], { cwd: where })
  for (const line of lines) {
    const [, port, rest] = /^npx -p @gridify\/core executor(?: --host 127\.0\.0\.1)? --port (\d+)(.*)$/.exec(line) ?? []
    if (port === undefined) continue
    const daemon = spawn(nodeModule('.bin/executor'), ['--port', '0', ...rest!.trim().split(' ')], {
      cwd: where,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    daemons.push(daemon)
    for await (const ready of createInterface({ input: daemon.stdout! })) {
      const shown = ready.replace(/:\d+ /, `:${port} `)
      if (blocks.some(({ text }) => text.startsWith('executor listening')))
        expect(shown).toMatch(/^executor listening on ws:\/\/127\.0\.0\.1:\d+ \(1 core, 512\.0 MiB\)$/)
      ports.set(port, /:(\d+) /.exec(ready)![1]!)
      break
    }
  }
  return (text) =>
    text.replaceAll(/127\.0\.0\.1:(\d+)/g, (whole, port: string) =>
      ports.has(port) ? `127.0.0.1:${ports.get(port)}` : whole,
    )
}

const options = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: {
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    noUncheckedIndexedAccess: false,
  },
  include: ['*.ts'],
}

describe.each(documents)('%s', async (document) => {
  const blocks = codeBlocks(join(root, document))
  const programs = blocks.filter(({ language }) => language === 'ts')
  if (programs.length === 0) {
    test('has no program', () => expect(programs).toEqual([]))
    return
  }
  const where = join(folder, document.replace('/', '-'))
  mkdirSync(join(where, 'logs'), { recursive: true })
  // What the README's programs find on the reader's machine.
  writeFileSync(join(where, 'logs/a.gz'), gzipSync('to be or\nnot to be\n'))
  writeFileSync(join(where, 'FILE'), 'a secret for this test\n', { mode: 0o600 })
  writeFileSync(join(where, 'tsconfig.json'), JSON.stringify(options))
  const withPorts = await startDaemons(where, blocks)
  for (const program of programs) writeFileSync(join(where, program.file), withPorts(asProgram(program)))

  test('its programs compile', async () => {
    const found = await run(process.execPath, [nodeModule('typescript/bin/tsc'), '-p', where]).catch(
      (error: { stdout: string }) => error,
    )
    expect(found.stdout).toBe('')
  })

  test.each(programs)('$file runs', async ({ file, output }) => {
    const { stdout } = await run(process.execPath, [nodeModule('tsx/dist/cli.mjs'), file], { cwd: where })
    if (output !== undefined) expect(stdout.replaceAll(`${where}/`, '')).toBe(output)
  })
})
