/** Downloads an archive, checks what is in it, and puts its files into a folder: whole, or not at all. */

import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UsageError } from '@gridify/core'
import { unzipSync } from 'fflate'

export interface DataSet {
  readonly title: string
  readonly terms: string
  readonly url: string
  /** Files that the archive must hold, in whatever folder, each with the header that its text must start with. */
  readonly files: Readonly<Record<string, string>>
}

export const lastfm2k: DataSet = {
  title: 'Last.fm 2k (HetRec 2011): artists and play counts of 1,892 Last.fm users, by GroupLens.',
  terms:
    'For non-commercial research only and not to be redistributed; the readme.txt beside the data says how to cite it.',
  url: 'https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip',
  files: {
    'user_artists.dat': 'userID\tartistID\tweight',
    'artists.dat': 'id\tname\t',
    'tags.dat': 'tagID\ttagValue',
    'readme.txt': '',
  },
}

export interface DownloadOptions {
  readonly url: string
  readonly folder: string
  readonly signal?: AbortSignal
  readonly onProgress?: (received: number, total: number | undefined) => void
}

/** No archive of these examples is near this size. */
const mostBytes = 512 * 2 ** 20

/** @throws UsageError that names the address or the folder, where anything is not as it should be. */
export async function downloadData(set: DataSet, options: DownloadOptions): Promise<void> {
  const folder = resolve(options.folder)
  if (await stat(folder).catch(() => undefined))
    throw new UsageError(`${folder} exists; remove it, or give another folder with --to`)
  const files = unpack(set, await fetchBytes(options), options.url)
  await mkdir(dirname(folder), { recursive: true })
  // Beside the folder, since a rename cannot cross file systems.
  const unfinished = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`))
  try {
    for (const [name, bytes] of files) await writeFile(join(unfinished, name), bytes)
    options.signal?.throwIfAborted()
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}

async function fetchBytes({ url, signal, onProgress }: DownloadOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let received = 0
  try {
    const response = await fetch(url, { signal: signal ?? null })
    if (!response.ok)
      throw new UsageError(`${url} answered ${response.status} ${response.statusText}; give another address with --url`)
    const declared = response.headers.get('content-length')
    const total = declared === null ? undefined : Number(declared)
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      received += chunk.length
      if (received > mostBytes)
        throw new UsageError(`${url} sent more than ${mostBytes} bytes, which is none of our data sets`)
      onProgress?.(received, total)
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (signal?.aborted)
      throw new UsageError(`the download of ${url} was stopped; nothing was written`, { cause: error })
    const cause = (error as Error).cause
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : (error as Error).message
    throw new UsageError(
      `the download of ${url} broke off after ${received} bytes (${reason}); nothing was written, try again`,
      { cause: error },
    )
  }
  return Buffer.concat(chunks)
}

function unpack(set: DataSet, archive: Uint8Array, url: string): Map<string, Uint8Array> {
  const wanted = Object.keys(set.files)
  let found: Record<string, Uint8Array>
  try {
    found = unzipSync(archive, {
      filter: ({ name, originalSize }) => wanted.includes(basename(name)) && originalSize < mostBytes,
    })
  } catch (error) {
    throw new UsageError(`${url} is no readable zip archive (${(error as Error).message}); nothing was written`, {
      cause: error,
    })
  }
  const files = new Map(Object.entries(found).map(([name, bytes]) => [basename(name), bytes]))
  for (const [name, header] of Object.entries(set.files)) {
    const bytes = files.get(name)
    if (!bytes) throw new UsageError(`the archive at ${url} has no ${name}; nothing was written`)
    if (!new TextDecoder().decode(bytes.subarray(0, header.length)).startsWith(header))
      throw new UsageError(
        `${name} in the archive at ${url} does not start with ${JSON.stringify(header)}; nothing was written`,
      )
  }
  return files
}
