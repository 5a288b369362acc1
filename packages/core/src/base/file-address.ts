/** The paths and addresses that users give for files and folders: which schemes there are, and what a `file://` one names. */

import { fileURLToPath } from 'node:url'
import { UsageError } from './errors.ts'

/** Two letters at least: `C:\data` is a path. */
const schemed = /^([a-z][a-z0-9+.-]+):\/\//i

export function hasScheme(address: string): boolean {
  return schemed.test(address)
}

/** @throws UsageError for a scheme that nothing here reads or writes, which would be taken for a folder's name. */
export function checkAddress(address: string, what: string): void {
  const [start, scheme] = schemed.exec(address) ?? []
  if (start === undefined || scheme === undefined || scheme === 's3') return
  if (scheme !== 'file')
    throw new UsageError(
      `${what}: ${address} begins with ${start}, which is not supported: a place of files is a local path, a file:// address or an s3:// address; ${cureOf(scheme.toLowerCase())}`,
    )
  try {
    localPath(address)
  } catch (cause) {
    throw new UsageError(
      `${what}: ${address} names no file of this machine (${(cause as Error).message}); write a path, or an address such as file:///data/plays.csv`,
      { cause },
    )
  }
}

function cureOf(scheme: string): string {
  if (['file', 's3', 's3a', 's3n'].includes(scheme)) return `write ${scheme.startsWith('s3') ? 's3' : 'file'}://`
  return 'copy the files to a folder that driver and executors share (a mount of the remote storage is one), or to S3'
}

/** The path behind a `file://` address, in which `*` and `?` are those of a pattern; a path is its own. */
export function localPath(address: string): string {
  if (!address.startsWith('file://')) return address
  // A question mark would begin a query and a number sign a fragment, which no file has.
  return fileURLToPath(address.replaceAll('?', '%3F').replaceAll('#', '%23'))
}
