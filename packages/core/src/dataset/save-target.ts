/** Where a save puts its files: each place knows how a file of an attempt becomes one of the dataset. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inspect } from 'node:util'
import { UsageError } from '../base/errors.ts'
import { checkAddress, localPath } from '../base/file-address.ts'
import { makeFolder } from '../base/make-folder.ts'
import { deleteBelow, isS3, moveObject, objectsBelow, parseS3, putText } from '../files/s3.ts'

export interface SaveTarget {
  /** Where attempts write, each to a name of its own. */
  readonly attemptFolder: string
  /** Takes the folder, which must be empty, and leaves the marker for executors. */
  begin(marker: string): Promise<void>
  /** Moves the file of one attempt to its place. */
  commit(written: string, name: string): Promise<void>
  /** Says that all is there. */
  finish(): Promise<void>
  /** Removes all that was written. */
  undo(): Promise<void>
}

export function saveTarget(folder: string, operation: string): SaveTarget {
  if (typeof folder !== 'string' || folder === '')
    throw new UsageError(
      `${operation}(): needs the path or the address of a folder to write, got ${inspect(folder, { depth: 0 })}`,
    )
  checkAddress(folder, `${operation}()`)
  return isS3(folder) ? bucketTarget(folder, operation) : folderTarget(folder, operation)
}

const notEmpty = (operation: string, target: string, cause?: unknown) =>
  new UsageError(`${operation}(): ${target} exists and is not empty; remove it or choose another folder`, { cause })

function folderTarget(folder: string, operation: string): SaveTarget {
  const target = resolve(localPath(folder))
  const attemptFolder = join(target, '_temporary')
  const existed = existsSync(target)
  return {
    attemptFolder,
    async begin(marker) {
      let names: string[]
      try {
        makeFolder(target)
        names = readdirSync(target)
      } catch (error) {
        throw new UsageError(`${operation}(): the folder ${target} cannot be made: ${(error as Error).message}`, {
          cause: error,
        })
      }
      if (names.length > 0) throw notEmpty(operation, target)
      try {
        // Of two saves into one folder, the second ends here.
        mkdirSync(attemptFolder)
      } catch (error) {
        throw notEmpty(operation, target, error)
      }
      writeFileSync(join(attemptFolder, '_marker'), marker)
    },
    async commit(written, name) {
      if (!existsSync(written))
        throw new UsageError(
          `${operation}(): ${written} was written by an executor but is not seen here; ${target} must be a shared folder`,
        )
      renameSync(written, join(target, name))
    },
    async finish() {
      rmSync(attemptFolder, { recursive: true, force: true })
      writeFileSync(join(target, '_SUCCESS'), '')
    },
    async undo() {
      for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true, force: true })
      if (!existed) rmSync(target, { recursive: true, force: true })
    },
  }
}

/** A bucket has no lock: two saves that begin at the same moment are not told apart. */
function bucketTarget(address: string, operation: string): SaveTarget {
  const what = `${operation}()`
  const target = address.replace(/\/*$/, '')
  parseS3(target, what)
  const attemptFolder = `${target}/_temporary`
  return {
    attemptFolder,
    async begin(marker) {
      if ((await objectsBelow(`${target}/`, what)).length > 0) throw notEmpty(operation, target)
      await putText(`${attemptFolder}/_marker`, marker, what)
    },
    commit: (written, name) => moveObject(written, `${target}/${name}`, what),
    async finish() {
      await deleteBelow(`${attemptFolder}/`, what)
      await putText(`${target}/_SUCCESS`, '', what)
    },
    undo: () => deleteBelow(`${target}/`, what),
  }
}
