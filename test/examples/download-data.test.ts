import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { strToU8, zipSync } from 'fflate'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { downloadData, lastfm2k } from '../../examples/recommend/download-data.ts'

const files = {
  'user_artists.dat': 'userID\tartistID\tweight\r\n2\t51\t13883\r\n',
  'artists.dat': 'id\tname\turl\tpictureURL\r\n51\tDuran Duran\tx\ty\r\n',
  'tags.dat': 'tagID\ttagValue\r\n1\tmetal\r\n',
  'readme.txt': 'cite us',
}
const zipOf = (texts: Record<string, string>) =>
  zipSync(Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, strToU8(text)])))

let parent: string
let folder: string
let server: Server | undefined
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'gridify-data-'))
  folder = join(parent, 'sets', 'lastfm-2k')
})
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  rmSync(parent, { recursive: true })
})

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer)
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/set.zip`
}
const serveZip = (texts: Record<string, string>) => serve((_, response) => response.end(zipOf(texts)))
const leftovers = () => (existsSync(join(parent, 'sets')) ? readdirSync(join(parent, 'sets')) : [])

test('writes the files of the archive and reports its progress', async () => {
  const received: number[] = []
  await downloadData(lastfm2k, { url: await serveZip(files), folder, onProgress: (bytes) => received.push(bytes) })
  expect(readFileSync(join(folder, 'artists.dat'), 'utf8')).toBe(files['artists.dat'])
  expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort())
  expect(received.at(-1)).toBe(zipOf(files).length)
})

test('finds the files in a folder of the archive', async () => {
  const nested = Object.fromEntries(Object.entries(files).map(([name, text]) => [`hetrec/${name}`, text]))
  await downloadData(lastfm2k, { url: await serveZip(nested), folder })
  expect(readFileSync(join(folder, 'readme.txt'), 'utf8')).toBe('cite us')
})

test.each<[string, RequestListener, RegExp]>([
  [
    'a missing page',
    (_, response) => response.writeHead(404).end(),
    /answered 404 Not Found; give another address with --url/,
  ],
  [
    'a cut connection',
    (_, response) => {
      response.writeHead(200, { 'content-length': 9999 }).write('PK')
      setImmediate(() => response.destroy())
    },
    /the download of http.* broke off after \d bytes .*nothing was written, try again/,
  ],
  ['a page that is no archive', (_, response) => response.end('<html>moved</html>'), /is no readable zip archive/],
  ['a cut archive', (_, response) => response.end(zipOf(files).subarray(0, 300)), /is no readable zip archive/],
  [
    'an archive of something else',
    (_, response) => response.end(zipOf({ 'ratings.csv': 'a' })),
    /has no user_artists\.dat; nothing was written/,
  ],
  [
    'another format',
    (_, response) => response.end(zipOf({ ...files, 'artists.dat': 'name,id' })),
    /artists\.dat in the archive at .* does not start with "id\\tname\\t"/,
  ],
])('%s is refused and leaves nothing', async (_, answer, message) => {
  await expect(downloadData(lastfm2k, { url: await serve(answer), folder })).rejects.toThrow(message)
  expect(leftovers()).toEqual([])
})

test('nobody listening is said plainly', async () => {
  await expect(downloadData(lastfm2k, { url: 'http://127.0.0.1:1/set.zip', folder })).rejects.toThrow(
    /^the download of http:\/\/127\.0\.0\.1:1\/set\.zip broke off after 0 bytes/,
  )
})

test('an existing folder is not touched', async () => {
  await expect(downloadData(lastfm2k, { url: 'http://127.0.0.1:1/', folder: parent })).rejects.toThrow(
    `${parent} exists; remove it, or give another folder with --to`,
  )
})

test('an abort leaves nothing', async () => {
  const controller = new AbortController()
  const url = await serve((_, response) => {
    response.writeHead(200).write('PK')
    controller.abort()
  })
  await expect(downloadData(lastfm2k, { url, folder, signal: controller.signal })).rejects.toThrow(
    'was stopped; nothing was written',
  )
  expect(leftovers()).toEqual([])
})

test('the command prints the terms and where the data is', async () => {
  const root = join(import.meta.dirname, '../..')
  const command = [
    join(root, 'node_modules/tsx/dist/cli.mjs'),
    join(root, 'examples/data.ts'),
    'lastfm-2k',
    '--to',
    folder,
    '--url',
    await serveZip(files),
  ]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command)
  expect([
    stdout.includes('non-commercial research only'),
    stdout.endsWith(`npm start -- --data ${folder}\n`),
    stderr,
  ]).toEqual([true, true, ''])
})

test('the command refuses an unknown set without a stack', async () => {
  const root = join(import.meta.dirname, '../..')
  const command = [join(root, 'node_modules/tsx/dist/cli.mjs'), join(root, 'examples/data.ts'), 'lastfm-3k']
  const failure: { code: number; stderr: string } = await promisify(execFile)(process.execPath, command).then(
    () => expect.unreachable(),
    (error) => error,
  )
  expect([failure.code, failure.stderr.includes('lastfm-2k'), failure.stderr.includes('    at ')]).toEqual([
    1,
    true,
    false,
  ])
})
