import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { tokTypes } from 'acorn'
import { afterAll, expect, test } from 'vitest'
import { remapStack } from '../../src/closure/remap-stack.ts'
import { rebuildClosure } from '../../src/closure/rebuild.ts'
import { shipped, site } from './rebuild-here.ts'
import { fixtures, makeWorkspace, runNode, writeFiles } from './workspace.ts'

const workspace = makeWorkspace()
afterAll(() => workspace.remove())

test('each call of the factory makes a fresh copy of the captured values', async () => {
  let count = 0
  const seen: number[] = []
  const make = await shipped(() => {
    seen.push(++count)
    return seen
  })
  const first = make()
  expect([first(), first().length, make()(), seen]).toEqual([[1, 2], 2, [1], []])
})

test('one object captured by two functions stays one', async () => {
  const seen = new Set<number>()
  const add = (x: number) => seen.add(x)
  const size = () => seen.size
  const make = await shipped(() => {
    add(1)
    add(2)
    return size()
  })
  expect(make()()).toBe(2)
})

test('views of one buffer see one buffer again, whatever part of it travels', async () => {
  const buffer = new ArrayBuffer(64)
  const low = new Int16Array(buffer, 10, 3)
  const view = new DataView(buffer, 8, 8)
  const make = await shipped(() => {
    view.setInt16(2, 258)
    return [low[0], low.byteOffset, low.length, view.byteLength, low.buffer.byteLength, low.buffer === view.buffer]
  })
  expect(make()()).toEqual([513, 2, 3, 8, 8, true])
  expect(low[0]).toBe(0)
})

test('of the common pool of Buffers nothing travels but the part of each', async () => {
  const [first, second] = [Buffer.from('first'), Buffer.from('second')]
  const pool = [new Uint8Array(first.buffer, 0, 8), new Uint8Array(first.buffer, 8, 8)]
  const make = await shipped(() => [String(first), first.buffer.byteLength, String(second), pool.length])
  expect(make()()).toEqual(['first', 5, 'second', 2])
})

test('what the rebuilt function throws has the stack of the source file', async () => {
  const fail = () => {
    throw new Error('inside')
  }
  const rebuilt = (await shipped(() => fail()))()
  const thrownAt = (stack: string) =>
    stack
      .split('\n')[1]!
      .replace(/\(.*\/|:\d+\)$/g, '')
      .trim()
  // vitest maps the stacks of this process itself
  expect(thrownAt(remapStack(thrownBy(rebuilt).stack!))).toBe(thrownAt(thrownBy(fail).stack!))
  expect(thrownAt(thrownBy(fail).stack!)).toMatch(/^at fail rebuild\.test\.ts:\d+$/)
})

test('errors keep their class', async () => {
  class RateError extends Error {
    override name = 'RateError'
  }
  const make = await shipped(() => {
    try {
      throw new RateError('too high')
    } catch (error) {
      return error instanceof RateError && error.name
    }
  })
  expect(make()()).toBe('RateError')
})

test('a missing package is named with what captured it', async () => {
  const bytes = await capturedIn(`import { shout } from 'esm-only'; export default () => shout('a')`)
  await expect(rebuildClosure(bytes, { resolveReference: () => undefined, importRoots: [fixtures] })).rejects.toThrow(
    /^executor cannot find the npm package 'esm-only' 2\.0\.0, which \(function default at \S+job\.mjs:1:\d+\) -> `shout` uses; install it on the executor \(looked in /,
  )
})

test('another minor version of a package is a warning', async () => {
  const bytes = await capturedIn(`import { chunk } from 'cjs-tools'; export default () => chunk([1, 2], 1)`)
  const root = join(workspace.executor, 'older')
  writeFiles(join(root, 'node_modules', 'cjs-tools'), {
    'package.json': '{"name":"cjs-tools","version":"1.1.0"}',
    'index.js': 'exports.chunk = () => "older"',
  })
  const warning = once(process, 'warning')
  const make = await rebuildClosure(bytes, { resolveReference: () => undefined, importRoots: [root] })
  expect(make()()).toBe('older')
  expect(String((await warning)[0])).toContain("the driver has package 'cjs-tools' 1.2.3, this executor 1.1.0")
})

test('an export that the executor lacks is named', async () => {
  const bytes = await capturedIn(`import { Box } from 'cjs-tools'; export default () => new Box(1)`)
  const root = join(workspace.executor, 'other')
  writeFiles(join(root, 'node_modules', 'cjs-tools'), {
    'package.json': '{"name":"cjs-tools","version":"1.2.9"}',
    'index.js': 'exports.chunk = () => "other"',
  })
  await expect(rebuildClosure(bytes, { resolveReference: () => undefined, importRoots: [root] })).rejects.toThrow(
    "package 'cjs-tools' on this executor has no export 'Box'",
  )
})

test.each([
  ['installed', '"gridify":{"ship":"installed"}', [{ specifier: 'linked', version: '1.0.0', name: 'scale' }]],
  ['value', '"gridify":{"ship":"value"}', []],
  ['nothing', '"private":true', []],
])('a package linked from the project that says %s is imported or sent', async (_says, entry, imports) => {
  writeFiles(workspace.driver, {
    'packages/linked/package.json': `{"name":"linked","version":"1.0.0","type":"module","exports":"./main.js",${entry}}`,
    'packages/linked/main.js': 'export const factor = 7; export const scale = (x) => x * factor',
    'linked.mjs': `
      import { rmSync, symlinkSync } from 'node:fs'
      rmSync('node_modules/linked', { force: true })
      symlinkSync('../packages/linked', 'node_modules/linked')
      const { scale } = await import('linked')
      const { explainClosure } = await import(${JSON.stringify(join(fixtures, '../../../dist/closure/explain.js'))})
      console.log(JSON.stringify(explainClosure((x) => scale(x)).imports))
    `,
  })
  expect(JSON.parse(await runNode(['linked.mjs'], workspace.driver))).toEqual(imports)
})

test('the core of the executor is used by name, also through a link into the workspace', async () => {
  const core = join(fixtures, '..', '..', '..')
  const job = `
    import { symlinkSync, mkdirSync } from 'node:fs'
    mkdirSync('node_modules/@gridify', { recursive: true })
    symlinkSync(${JSON.stringify(core)}, 'node_modules/@gridify/core')
    const core = await import('@gridify/core')
    const { explainClosure } = await import(${JSON.stringify(join(core, 'dist/closure/explain.js'))})
    console.log(JSON.stringify(explainClosure(() => core).imports))
  `
  writeFiles(workspace.driver, { 'core.mjs': job })
  const [found] = JSON.parse(await runNode(['core.mjs'], workspace.driver)) as [{ specifier: string; name: string }]
  expect([found.specifier, found.name]).toEqual(['@gridify/core', '*'])
})

test('the core of the executor is used by name where the driver imports its file', async () => {
  const entry = JSON.stringify(pathToFileURL(join(fixtures, '../../../lib/index.js')).href)
  writeFiles(workspace.driver, {
    'core-file.mjs': `
      import { explainClosure, Group } from ${entry}
      console.log(JSON.stringify(explainClosure((x) => x instanceof Group).imports))
    `,
  })
  const [found] = JSON.parse(await runNode(['core-file.mjs'], workspace.driver)) as [
    { specifier: string; name: string },
  ]
  expect([found.specifier, found.name]).toEqual(['@gridify/core', 'Group'])
})

test('a worker thread captures as its parent does', async () => {
  const dist = join(fixtures, '../../../dist/closure/capture.js')
  const source = `
    import { parentPort } from 'node:worker_threads'
    import { captureClosure } from ${JSON.stringify(dist)}
    const factor = 6
    parentPort.postMessage(captureClosure((x) => x * factor, { operation: 'map', location: 'w' }).bytes)
  `
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source.replaceAll('"/', '"file:///'))}`))
  const [bytes] = (await once(worker, 'message')) as [Uint8Array]
  const make = await rebuildClosure(bytes, { resolveReference: () => undefined, importRoots: [] })
  expect(make()(7)).toBe(42)
})

test('what vitest rewrites ships too: built-in modules, packages, files of the project', async () => {
  const { createHash } = await import('node:crypto')
  const digest = (text: string) => createHash('md5').update(text).digest('hex').slice(0, 4)
  const keyword = () => tokTypes._return?.keyword
  const make = await shipped((text: string) => [digest(text), join('a', 'b'), keyword(), site.operation])
  expect(make()('a')).toEqual(['0cc1', 'a/b', 'return', 'map'])
})

function thrownBy(fn: Function): Error {
  try {
    fn()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

/** Captures the default export of a module in a process of its own. */
async function capturedIn(module: string): Promise<Uint8Array> {
  writeFiles(workspace.driver, { 'job.mjs': module })
  const capture = `
    import { captureClosure } from ${JSON.stringify(join(fixtures, '../../../dist/closure/capture.js'))}
    import job from './job.mjs'
    const { bytes } = captureClosure(job, ${JSON.stringify(site)})
    console.log(Buffer.from(bytes).toString('base64'))
  `
  writeFiles(workspace.driver, { 'capture.mjs': capture })
  return Buffer.from(await runNode(['capture.mjs'], workspace.driver), 'base64')
}
