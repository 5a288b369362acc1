/** Reads the lines of a split: a line belongs to the split in which it begins. */

import { closeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { FileSplit } from '../base/file-split.ts'
import { compressionOf, inflated } from './compression.ts'
import { lineChunks, openListed, wholeChunks } from './local-file.ts'

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

/** Batches of lines without their `\n` or `\r\n`; UTF-8 is decoded across chunk borders. */
export function* readLines(split: FileSplit, site: string): Generator<string[]> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for (const chunk of splitBytes(split, site)) {
    const text = rest + decoder.write(chunk)
    const lines = text.split('\n')
    rest = lines.pop()!
    if (lines.length > 0) yield text.includes('\r') ? lines.map(withoutReturn) : lines
  }
  rest += decoder.end()
  if (rest !== '') yield [withoutReturn(rest)]
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
