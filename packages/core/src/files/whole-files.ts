/** Files as one row each. */

import { closeSync } from 'node:fs'
import { UsageError } from '../base/errors.ts'
import type { FileSplit } from '../base/file-split.ts'
import { inflated } from './compression.ts'
import { openListed, wholeChunks } from './local-file.ts'
import { withoutByteOrderMark } from './text-lines.ts'

/** `[path, text]`, inflated where the name says that it is compressed. */
export function readWholeText(split: FileSplit, site: string): [string, string] {
  const file = openListed(split, site)
  try {
    const bytes = withoutByteOrderMark(inflated(wholeChunks(file), split.path, site))
    return [split.path, within(split, site, () => Buffer.concat([...bytes]).toString())]
  } finally {
    closeSync(file)
  }
}

/** `[path, bytes]`, as they lie there. */
export function readBinary(split: FileSplit, site: string): [string, Uint8Array] {
  const file = openListed(split, site)
  try {
    return [split.path, within(split, site, () => new Uint8Array(Buffer.concat([...wholeChunks(file)])))]
  } finally {
    closeSync(file)
  }
}

function within<T>({ path, size }: FileSplit, site: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw new UsageError(`${site}: ${path} is too large for one row (${size} bytes); read it with textFile()`, {
      cause: error,
    })
  }
}
