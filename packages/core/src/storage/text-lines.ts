/** Reads the lines of a byte range of a text file: a line belongs to the split in which it begins. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { Gunzip } from 'minizlib'
import { UsageError } from '../base/errors.ts'
import type { TextSplit } from '../base/text-split.ts'

const chunkBytes = 256 * 1024
const newline = 0x0a

/** Batches of lines without their `\n` or `\r\n`; UTF-8 is decoded across chunk borders. */
export function* readLines(split: TextSplit): Generator<string[]> {
  const file = openFile(split)
  try {
    const chunks = split.path.endsWith('.gz') ? gunzipped(file) : ranged(file, split)
    const decoder = new StringDecoder('utf8')
    let rest = ''
    for (const chunk of chunks) {
      const text = rest + decoder.write(chunk)
      const lines = text.split('\n')
      rest = lines.pop()!
      if (lines.length > 0) yield text.includes('\r') ? lines.map(withoutReturn) : lines
    }
    rest += decoder.end()
    if (rest !== '') yield [withoutReturn(rest)]
  } finally {
    closeSync(file)
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function openFile(split: TextSplit): number {
  let file: number
  try {
    file = openSync(split.path, 'r')
  } catch (error) {
    throw new UsageError(
      `textFile(): this executor cannot read ${split.path}; a path must name the same file on driver and executors (a shared folder)`,
      { cause: error },
    )
  }
  const { size, mtimeMs } = fstatSync(file)
  if (size === split.size && mtimeMs === split.modifiedMs) return file
  closeSync(file)
  throw new UsageError(
    `textFile(): ${split.path} is not the file that the driver listed (${size} bytes here, ${split.size} there, or another time of change); ` +
      'it was changed meanwhile, or the executor sees another folder',
  )
}

/** From the first line that begins in [start, end) to the end of the last such line. */
function* ranged(file: number, split: TextSplit): Generator<Buffer> {
  let position = split.start === 0 ? 0 : split.start - 1
  let skipping = split.start > 0
  const buffer = Buffer.allocUnsafe(chunkBytes)
  for (;;) {
    const read = readSync(file, buffer, 0, chunkBytes, position)
    if (read === 0) return
    let from = 0
    if (skipping) {
      const found = buffer.subarray(0, read).indexOf(newline)
      if (found < 0) {
        position += read
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
    yield Buffer.from(buffer.subarray(from, to))
    if (last) return
    position += read
  }
}

function* gunzipped(file: number): Generator<Buffer> {
  const gunzip = new Gunzip({})
  const ready: Buffer[] = []
  gunzip.on('data', (chunk) => ready.push(chunk))
  const buffer = Buffer.allocUnsafe(chunkBytes)
  for (
    let read = readSync(file, buffer, 0, chunkBytes, null);
    read > 0;
    read = readSync(file, buffer, 0, chunkBytes, null)
  ) {
    gunzip.write(Buffer.from(buffer.subarray(0, read)))
    yield* ready.splice(0)
  }
  gunzip.end()
  yield* ready.splice(0)
}
