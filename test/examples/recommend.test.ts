import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runExecutor } from '../../packages/core/test/cli/daemon.ts'

const root = join(import.meta.dirname, '../..')
const small = [
  '--listeners',
  '2000',
  '--artists',
  '1100',
  '--pairs',
  '30000',
  '--factors',
  '8',
  '--iterations',
  '3',
  '--master',
  'local[2]',
]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gridify-test-recommend-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('on daemons the report says that their memory is not in it, and bytes cross the network', async () => {
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, 'a secret of this test, long enough to be one', { mode: 0o600 })
  const daemon = runExecutor(['--port', '0', '--cores', '2', '--secret-file', secretFile, '--work-dir', folder])
  const url = (await daemon.banner).split(' ')[3]!
  const reportFile = join(folder, 'daemons.json')
  const out = ['--report', reportFile, '--out', join(folder, 'out-daemons')]
  const onDaemon = ['--executors', url, '--secret-file', secretFile, '--schemes', 'half']
  const { code, stdout, stderr } = await start([...small.slice(0, -2), ...onDaemon, ...out]).ended
  daemon.process.kill('SIGTERM')
  await daemon.finished
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('without the executors, which were started apart')
  const { memoryMethod, schemes } = JSON.parse(readFileSync(reportFile, 'utf8'))
  expect(memoryMethod).toContain('without the executors')
  // Nothing is shuffled between executors where there is one, but tasks and checkpoints go to it and back.
  expect(schemes.half.networkBytes).toBeGreaterThan(0)
})

function start(args: readonly string[]) {
  const child = spawn(
    process.execPath,
    // As npm start does. The command tsx would stand in between, and kill a program that is too busy to hear Ctrl-C at once.
    ['--import', 'tsx', join(root, 'examples/recommend.ts'), ...args],
    {
      cwd: root,
      // A temp folder of its own shows what is left there.
      env: { ...process.env, TMPDIR: folder },
    },
  )
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (text) => (output.stdout += text))
  child.stderr.on('data', (text) => (output.stderr += text))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...output }))
  return { child, ended }
}
const leftovers = () => readdirSync(folder).filter((name) => name.startsWith('gridify'))

describe('a small run of all schemes', () => {
  let result: { code: number; stdout: string; stderr: string }
  let report: any
  beforeAll(async () => {
    result = await start([...small, '--report', join(folder, 'report.json'), '--out', join(folder, 'out')]).ended
    report = result.code === 0 ? JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) : undefined
  })
  test('ends well, silent where no terminal is, and leaves nothing', () => {
    expect([result.code, result.stderr, leftovers()]).toEqual([0, '', []])
  })
  test('the report has each scheme with all its figures', () => {
    expect(Object.keys(report)).toEqual(['data', 'settings', 'memoryMethod', 'schemes', 'baselines'])
    expect(Object.keys(report.data)).toEqual(['users', 'items', 'train', 'test', 'coldPairs', 'duplicates'])
    expect(Object.keys(report.schemes)).toEqual(['half', 'full', 'mapreduce'])
    for (const scheme of ['half', 'full', 'mapreduce'])
      expect(Object.keys(report.schemes[scheme]).sort()).toEqual([
        'diskBytes',
        'executorsLost',
        'factorsSha256',
        'kernel',
        'loss',
        'movedBytes',
        'ndcgAt20',
        'networkBytes',
        'peakRssBytes',
        'recallAt20',
        'seconds',
        'secondsPerIteration',
        'tasksRerun',
      ])
  })
  test('mapreduce ends in the bits of half, full in its loss', () => {
    const { half, full, mapreduce } = report.schemes
    expect([mapreduce.factorsSha256, mapreduce.loss]).toEqual([half.factorsSha256, half.loss])
    expect(Math.abs(full.loss[2] / half.loss[2] - 1)).toBeLessThan(1e-6)
  })
  test('only mapreduce goes through disk', () => {
    const { half, full, mapreduce } = report.schemes
    expect([half.diskBytes, full.diskBytes, mapreduce.diskBytes > 500_000]).toEqual([0, 0, true])
  })
  test('the lists carry names with genres, and charts are written', () => {
    expect(result.stdout.match(/^Recommended to listener \d+, who plays .* \(.*\)/gm)).toHaveLength(3)
    expect(result.stdout.match(/^Related to /gm)).toHaveLength(5)
    expect(result.stdout).toMatch(/^Radio from [\s\S]*^Now playing /m)
    expect(readdirSync(join(folder, 'out'))).toEqual(['comparison.svg', 'loss.svg'])
  })
})

test.concurrent.each([
  ['a missing file', ['--data', '/no/such.tsv'], 'cannot read /no/such.tsv: there is no such file or folder'],
  ['an unknown option', ['--factor', '3'], 'did you mean --factors?'],
  ['no factors', [...small, '--factors', '0'], 'option `factors` must be a whole number from 1 to 1024, got 0'],
  [
    'a report that cannot be written',
    ['--report', '/no/such/report.json'],
    'there is no folder /no/such; make it first',
  ],
  [
    'a secret file that is not there',
    [...small.slice(0, -2), '--executors', 'ws://127.0.0.1:1', '--secret-file', '/no/such'],
    'the secret file /no/such cannot be read',
  ],
  [
    'an unreachable executor',
    [...small.slice(0, -2), '--executors', 'ws://127.0.0.1:1'],
    'no executor answers at ws://127.0.0.1:1',
  ],
])('%s is refused without a stack', async (_, args, message) => {
  const { code, stderr } = await start(args).ended
  expect([code, stderr.includes(message), stderr.includes('    at ')]).toEqual([1, true, false])
})

test.concurrent.each([
  ['malformed', 'ann\tabba\t1\nbob\tblur\n', ':2: expected user, item and count, got 2 fields: "bob | blur"'],
  ['negative', 'ann\tabba\t1\nbob\tblur\t-3\n', ':2: the count must not be negative, got -3'],
  ['NaN', 'ann\tabba\t1\nbob\tblur\tNaN\n', ':2: the count must be a number, got "NaN"'],
  ['empty', '', ' has no rows; each row should hold a user, an item and a count'],
])('%s data is refused with its file, and its line where it has one', async (name, rows, message) => {
  const file = join(folder, `${name}.tsv`)
  writeFileSync(file, rows)
  expect(await start(['--data', file]).ended).toEqual({ code: 1, stdout: '', stderr: `${file}${message}\n` })
})

test('another secret than the executor has is refused with the cure', async () => {
  const [theirs, ours] = ['theirs', 'ours'].map((name) => {
    const file = join(folder, name)
    writeFileSync(file, `the secret that is ${name}`, { mode: 0o600 })
    return file
  }) as [string, string]
  const daemon = runExecutor(['--port', '0', '--cores', '1', '--secret-file', theirs])
  const url = (await daemon.banner).split(' ')[3]!
  const { code, stderr } = await start([...small.slice(0, -2), '--executors', url, '--secret-file', ours]).ended
  daemon.process.kill('SIGTERM')
  await daemon.finished
  expect([code, stderr.split(':').slice(0, 4).join(':')]).toEqual([
    1,
    `half: the executor at ${url} refused the secret`,
  ])
  expect(stderr).toMatch(/both sides must use the same secret file .*\n$/)
})

test('an interrupt in the middle of training ends everything within two seconds', async () => {
  const { child, ended } = start([
    ...small,
    '--iterations',
    '10000',
    '--schemes',
    'mapreduce',
    '--out',
    join(folder, 'none'),
  ])
  const isTraining = () =>
    leftovers().some(
      (name) =>
        existsSync(join(folder, name, 'mapreduce/items-2')) || existsSync(join(folder, name, 'mapreduce/items-4')),
    )
  await vi.waitUntil(isTraining, { timeout: 30_000, interval: 10 })
  const interrupted = performance.now()
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
  expect(performance.now() - interrupted).toBeLessThan(2_000)
  expect([leftovers(), existsSync(join(folder, 'none'))]).toEqual([[], false])
})
