/** Lists the files behind a path, a folder or a glob, and cuts large ones into splits. */

import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { describeCallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { localPath } from '../base/file-address.ts'
import type { FileSplit } from '../base/file-split.ts'
import { compressionOf } from '../files/compression.ts'
import { globPart } from '../files/glob.ts'
import { listRowGroups } from '../files/parquet.ts'
import { isS3, listObjects, objectBytes } from '../files/s3.ts'
import type { FilesNode } from '../lineage/node.ts'

const splitBytes = 32 * 2 ** 20

/** One list of splits per partition; what is compressed, or has records of several lines, cannot be cut. */
export function listFiles(node: FilesNode): FileSplit[][] {
  return cut(node, filesOf(node.pattern, node.site.operation))
}

/** What can only be listed with a promise. */
export function isListedAsync({ pattern, format }: FilesNode): boolean {
  return format.kind === 'parquet' || isS3(pattern)
}

export async function listFilesAsync(node: FilesNode): Promise<FileSplit[][]> {
  const { pattern, site, format } = node
  const files: ListedFile[] = isS3(pattern)
    ? await listObjects(pattern, site.operation)
    : filesOf(pattern, site.operation)
  if (format.kind !== 'parquet') return cut(node, files)
  const partitions: FileSplit[][] = []
  for (const file of files) {
    const whole = wholeOf(file)
    const where = describeCallSite(site)
    const bytes = isS3(file.path) ? objectBytes(whole, where) : undefined
    // A partition for each row group.
    for (const rows of await listRowGroups(whole, format.columns, where, bytes)) partitions.push([{ ...whole, rows }])
  }
  return partitions.length > 0 ? partitions : [[]]
}

function wholeOf(file: ListedFile): FileSplit {
  return { ...file, start: 0, end: file.size }
}

function cut(node: FilesNode, files: readonly ListedFile[]): FileSplit[][] {
  const { format } = node
  const canCut = ({ path, version }: ListedFile) =>
    version === undefined &&
    !compressionOf(path) &&
    (format.kind === 'text' || format.kind === 'jsonLines' || (format.kind === 'csv' && !format.multiline))
  const total = files.reduce((sum, file) => sum + file.size, 0)
  const target = Math.max(1, Math.min(splitBytes, Math.ceil(total / node.minPartitions)))
  if (format.kind === 'wholeText' || format.kind === 'binary') return packed(files, node.minPartitions)
  const partitions: FileSplit[][] = []
  for (const file of files) {
    const { size } = file
    const pieces = !canCut(file) ? 1 : Math.max(1, Math.ceil(size / target))
    for (let piece = 0; piece < pieces; piece++) {
      const start = Math.floor((size * piece) / pieces)
      const end = Math.floor((size * (piece + 1)) / pieces)
      partitions.push([{ ...file, start, end }])
    }
  }
  return partitions.length > 0 ? partitions : [[]]
}

/** Small files share a partition: neighbours, up to about an even part of all bytes. */
function packed(files: readonly ListedFile[], partitions: number): FileSplit[][] {
  const weight = (size: number) => size + 1
  const total = files.reduce((sum, { size }) => sum + weight(size), 0)
  const packs: FileSplit[][] = []
  let before = 0
  let last = -1
  for (const file of files) {
    const { size } = file
    const pack = Math.floor((before * partitions) / total)
    before += weight(size)
    if (pack !== last) packs.push([])
    last = pack
    packs.at(-1)!.push(wholeOf(file))
  }
  return packs.length > 0 ? packs : [[]]
}

interface ListedFile {
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
  /** Of an object in S3, which is never cut. */
  readonly version?: string
}

function filesOf(pattern: string, operation: string): ListedFile[] {
  const full = resolve(localPath(pattern))
  const found = /[*?]/.test(full) ? matches(full, operation) : expand(full, operation)
  // A save of no rows may leave its marker only.
  if (found.length === 0 && !existsSync(join(full, '_SUCCESS')))
    throw new UsageError(`${operation}(): no file matches ${pattern}`)
  return found.map((path) => {
    const { size, mtimeMs } = statSync(path)
    return { path, size, modifiedMs: mtimeMs }
  })
}

function expand(path: string, operation: string): string[] {
  let stat
  try {
    stat = statSync(path)
  } catch (error) {
    throw new UsageError(`${operation}(): there is no file or folder ${path}`, { cause: error })
  }
  if (!stat.isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => !name.startsWith('_') && !name.startsWith('.'))
    .sort()
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
}

/** `*` and `?` in any part of a path; hidden files only where the pattern says so. */
function matches(pattern: string, operation: string): string[] {
  if (!/[*?]/.test(pattern)) return expand(pattern, operation)
  const parent = dirname(pattern)
  const folders = /[*?]/.test(parent) ? folderMatches(parent) : [parent]
  const test = globPart(basename(pattern))
  return folders.flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => test.test(name))
        .sort()
        .map((name) => join(folder, name))
        .filter((path) => statSync(path).isFile())
    } catch {
      return []
    }
  })
}

function folderMatches(pattern: string): string[] {
  if (!/[*?]/.test(pattern)) return [pattern]
  const test = globPart(basename(pattern))
  return folderMatches(dirname(pattern)).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => test.test(name))
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isDirectory()),
  )
}
