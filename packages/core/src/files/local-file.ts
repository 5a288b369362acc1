/** Bytes of files that this machine sees, read synchronously after a check that they are those that the driver listed. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { UsageError } from '../base/errors.ts'
import type { FileSplit } from '../base/file-split.ts'

const chunkBytes = 256 * 1024
export const newline = 0x0a

/** @returns a file descriptor, which the caller closes. */
export function openListed(split: FileSplit, site: string): number {
  if (split.copy !== undefined) return openSync(split.copy, 'r')
  let file: number
  try {
    file = openSync(split.path, 'r')
  } catch (error) {
    throw new UsageError(
      `${site}: this executor cannot read ${split.path}; a path must name the same file on driver and executors (a shared folder)`,
      { cause: error },
    )
  }
  const { size, mtimeMs } = fstatSync(file)
  if (size === split.size && mtimeMs === split.modifiedMs) return file
  closeSync(file)
  throw new UsageError(
    `${site}: ${split.path} is not the file that the driver listed (${size} bytes here, ${split.size} there, or another time of change); ` +
      'it was changed meanwhile, or the executor sees another folder',
  )
}

/** How many lines of the file end before the first that begins in the split; 0 for a split from the file's beginning. */
export function linesBefore(split: FileSplit): number {
  if (split.start === 0) return 0
  const file = openListed(split, 'a malformed line')
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes)
    let lines = 1
    for (let position = 0; position < split.start - 1;) {
      const read = readSync(file, buffer, 0, Math.min(chunkBytes, split.start - 1 - position), position)
      if (read === 0) break
      for (let at = buffer.indexOf(newline); at >= 0 && at < read; at = buffer.indexOf(newline, at + 1)) lines++
      position += read
    }
    return lines
  } finally {
    closeSync(file)
  }
}

/** All of the file. */
export function* wholeChunks(file: number): Generator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(chunkBytes)
    const read = readSync(file, buffer, 0, chunkBytes, null)
    if (read === 0) return
    yield buffer.subarray(0, read)
  }
}

/** From the first line that begins in [start, end) to the end of the last such line. */
export function* lineChunks(file: number, split: FileSplit): Generator<Buffer> {
  let position = split.start === 0 ? 0 : split.start - 1
  let skipping = split.start > 0
  for (;;) {
    const buffer = Buffer.allocUnsafe(chunkBytes)
    const read = readSync(file, buffer, 0, chunkBytes, position)
    if (read === 0) return
    let from = 0
    if (skipping) {
      const found = buffer.subarray(0, read).indexOf(newline)
      if (found < 0) {
        position += read
        if (position >= split.end) return
        continue
      }
      skipping = false
      from = found + 1
      if (position + from >= split.end) return
    }
    let to = read
    let last = false
    if (position + read >= split.end) {
      // The line that holds byte end - 1 is ours to its end.
      const found = buffer.subarray(0, read).indexOf(newline, Math.max(from, split.end - 1 - position))
      if (found >= 0) {
        to = found + 1
        last = true
      }
    }
    yield buffer.subarray(from, to)
    if (last) return
    position += read
  }
}
