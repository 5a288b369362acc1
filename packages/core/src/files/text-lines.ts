/** Reads the lines of a split: a line belongs to the split in which it begins. */

import { isAscii } from 'node:buffer'
import { closeSync } from 'node:fs'
import type { FileSplit } from '../base/file-split.ts'
import { compressionOf, inflated } from './compression.ts'
import { lineChunks, newline, openListed, wholeChunks } from './local-file.ts'

/** The bytes of a split's lines, inflated, without a byte order mark. */
export function* splitBytes(split: FileSplit, site: string): Generator<Buffer> {
  const file = openListed(split, site)
  try {
    const chunks = compressionOf(split.path) ? wholeChunks(file) : lineChunks(file, split)
    const bytes = inflated(chunks, split.path, site)
    yield* split.start === 0 ? withoutByteOrderMark(bytes) : bytes
  } finally {
    closeSync(file)
  }
}

const byteOrderMark = Buffer.from('\uFEFF')

export function* withoutByteOrderMark(chunks: Iterable<Buffer>): Generator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for (const chunk of chunks) {
    if (!head) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < byteOrderMark.length) continue
    yield head.subarray(head.indexOf(byteOrderMark) === 0 ? byteOrderMark.length : 0)
    head = undefined
  }
  if (head && head.length > 0) yield head
}

/** Batches of lines without their `\n` or `\r\n`. */
export function* readLines(split: FileSplit, site: string): Generator<string[]> {
  // What no line has ended yet. A newline is never a part of another character in UTF-8.
  let rest: Buffer[] = []
  for (const chunk of splitBytes(split, site)) {
    const end = chunk.lastIndexOf(newline)
    if (end < 0) {
      // A byte order mark alone leaves nothing, which is no line.
      if (chunk.length > 0) rest.push(chunk)
      continue
    }
    const text = textOf([...rest, chunk.subarray(0, end)])
    rest = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : []
    const lines = text.split('\n')
    yield text.includes('\r') ? lines.map(withoutReturn) : lines
  }
  if (rest.length > 0) yield [withoutReturn(textOf(rest))]
}

/** Each byte of ASCII is a character, and then there is nothing to decode. */
function textOf(parts: readonly Buffer[]): string {
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
