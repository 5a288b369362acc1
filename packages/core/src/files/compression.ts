/** Compressed files by the end of their names, inflated and deflated without a promise. */

import * as zlib from 'node:zlib'
import type { Gunzip, Gzip, ZstdCompress, ZstdDecompress } from 'minizlib'
import type { Compression } from '../base/file-format.ts'
import { UsageError } from '../base/errors.ts'
import { deflater } from './lazy-packages.ts'

const endings: readonly (readonly [string, Compression])[] = [
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
]

export function compressionOf(path: string): Compression | undefined {
  return endings.find(([ending]) => path.endsWith(ending))?.[1]
}

export function endingOf(compression: Compression): string {
  return endings.find(([, kind]) => kind === compression)![0]
}

/** @throws UsageError for a compression that is unknown, or that this version of Node cannot do. */
export function checkCompression(compression: Compression, what: string): void {
  if (!endings.some(([, kind]) => kind === compression))
    throw new UsageError(`${what}: compression must be 'gzip' or 'zstd', got ${JSON.stringify(compression)}`)
  if (compression === 'zstd' && !('createZstdCompress' in zlib))
    throw new UsageError(`${what}: zstd needs Node 22.15 or newer, this is ${process.version}; use gzip`)
}

type Stream = Gzip | Gunzip | ZstdCompress | ZstdDecompress

export function* inflated(chunks: Iterable<Buffer>, path: string, site: string): Generator<Buffer> {
  const compression = compressionOf(path)
  if (path.endsWith('.bz2'))
    throw new UsageError(`${site}: ${path} is bzip2, for which there is no kept library; compress it with gzip or zstd`)
  if (!compression) {
    yield* chunks
    return
  }
  checkCompression(compression, `${site}: ${path}`)
  try {
    const { Gunzip, ZstdDecompress } = deflater()
    yield* through(compression === 'gzip' ? new Gunzip({}) : new ZstdDecompress({}), chunks)
  } catch (error) {
    if (!(error instanceof Error) || !/^Z|zlib|zstd/i.test(`${(error as NodeJS.ErrnoException).code} ${error.message}`))
      throw error
    throw new UsageError(`${site}: ${path} is no whole ${compression} file: ${error.message}`, { cause: error })
  }
}

export function* deflated(chunks: Iterable<Buffer>, compression: Compression | undefined): Generator<Buffer> {
  if (!compression) {
    yield* chunks
    return
  }
  const { Gzip, ZstdCompress } = deflater()
  yield* through(compression === 'gzip' ? new Gzip({}) : new ZstdCompress({}), chunks)
}

function* through(stream: Stream, chunks: Iterable<Buffer>): Generator<Buffer> {
  const ready: Buffer[] = []
  stream.on('data', (chunk) => ready.push(chunk))
  for (const chunk of chunks) {
    stream.write(chunk)
    yield* ready.splice(0)
  }
  stream.end()
  yield* ready.splice(0)
}
