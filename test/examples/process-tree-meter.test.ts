import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startProcessTreeMeter } from '../../examples/recommend/process-tree-meter.ts'

test('adds the resident memory of the root and all its descendants, and of nobody else', () => {
  const proc = mkdtempSync(join(tmpdir(), 'gridify-proc-'))
  for (const [pid, parent, kilobytes] of [
    [1, 0, 7000],
    [10, 1, 100],
    [11, 10, 20],
    [12, 11, 3],
    [20, 1, 9000],
  ] as const) {
    mkdirSync(join(proc, String(pid)))
    writeFileSync(join(proc, String(pid), 'status'), `Name:\tnode\nPPid:\t${parent}\nVmRSS:\t  ${kilobytes} kB\n`)
  }
  const meter = startProcessTreeMeter(10, proc)
  meter.stop()
  rmSync(proc, { recursive: true })
  expect(meter.peakBytes()).toBe(123 * 1024)
})

test('without /proc it says so and measures nothing', () => {
  const meter = startProcessTreeMeter(process.pid, '/no/such/proc')
  expect([meter.peakBytes(), meter.method]).toEqual([undefined, 'main process only'])
})

test.runIf(process.platform === 'linux')('sees what a grandchild allocates', async () => {
  const allocate =
    'const held = Buffer.alloc(150e6, 1); process.send("ready"); process.on("disconnect", () => process.exit(held[0]))'
  const program = `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(allocate)}], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    child.on('message', () => process.send('ready')); process.on('disconnect', () => process.exit())`
  const folder = mkdtempSync(join(tmpdir(), 'gridify-meter-'))
  const file = join(folder, 'parent.cjs')
  writeFileSync(file, program)
  const parent = fork(file, { execArgv: [] })
  await once(parent, 'message')
  const meter = startProcessTreeMeter(parent.pid!)
  meter.stop()
  parent.disconnect()
  await once(parent, 'exit')
  rmSync(folder, { recursive: true })
  expect(meter.peakBytes()).toBeGreaterThan(150e6)
})
