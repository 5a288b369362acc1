import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadSecret } from '../../src/transport/secret.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gridify-test-'))
})
afterEach(() => rm(home, { recursive: true }))

test('a secret file is read without the white space around it', async () => {
  const file = join(home, 'secret')
  await writeFile(file, '  my secret \n', { mode: 0o600 })
  expect(await loadSecret({ file, loopback: false })).toBe('my secret')
})

test('a secret file that is missing or empty is refused by name', async () => {
  const file = join(home, 'secret')
  await expect(loadSecret({ file, loopback: true })).rejects.toThrow(`the secret file ${file} cannot be read: ENOENT`)
  await writeFile(file, '\n')
  await expect(loadSecret({ file, loopback: true })).rejects.toThrow(
    `the secret file ${file} is empty: write a random secret into it`,
  )
})

test.skipIf(process.platform === 'win32')('a secret file that others can read is warned of', async () => {
  const file = join(home, 'secret')
  await writeFile(file, 'x')
  await chmod(file, 0o644)
  const warnings: string[] = []
  await loadSecret({ file, loopback: true, warn: (message) => warnings.push(message) })
  expect(warnings).toEqual([`the secret file ${file} can be read by other users (mode 644): run chmod 600 ${file}`])
})

test('without a file, a secret is made once on loopback and demanded elsewhere', async () => {
  const secret = await loadSecret({ loopback: true, home })
  expect(secret).toMatch(/^[\w-]{43}$/)
  expect(await loadSecret({ loopback: true, home })).toBe(secret)
  expect((await stat(join(home, '.gridify', 'secret'))).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600)
  await expect(loadSecret({ loopback: false, home })).rejects.toThrow('a secret file is needed')
})

test('the folder of the first secret is for its owner alone', async () => {
  await loadSecret({ loopback: true, home: join(home, 'new') })
  expect((await stat(join(home, 'new', '.gridify'))).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o700)
})

// Node's own recursion does not return here.
test.runIf(process.platform === 'linux')('a home that takes no folder is an error at once, with the cure', async () => {
  await expect(loadSecret({ loopback: true, home: '/proc/nobody' })).rejects.toThrow(
    /^the secret of this user, \/proc\/nobody\/\.gridify\/secret, cannot be made: ENOENT.*; name a file with secretFile/,
  )
})

test('processes that race for the first secret agree on one', async () => {
  const module = new URL('../../dist/transport/secret.js', import.meta.url).href
  const script = `import(${JSON.stringify(module)}).then((m) => m.loadSecret({ loopback: true, home: ${JSON.stringify(home)} })).then((s) => console.log(s))`
  const run = () => promisify(execFile)(process.execPath, ['-e', script])
  const results = await Promise.all([run(), run(), run(), run()])
  const file = join(home, '.gridify', 'secret')
  expect(new Set(results.map(({ stdout }) => stdout))).toEqual(new Set([await readFile(file, 'utf8')]))
  expect(await readdir(join(home, '.gridify'))).toEqual(['secret'])
})
