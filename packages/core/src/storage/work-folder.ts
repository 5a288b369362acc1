/** Names files for blocks in a session's folder, which is made at first need. */

import { mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { makeFolder } from '../base/make-folder.ts'
import { diskError } from './disk-error.ts'

/** Throws a UsageError where no files can be made in a folder, which is made itself where it is missing; `option` gave it. */
export function checkWorkParent(path: string, option: string): void {
  try {
    makeFolder(path)
    rmdirSync(mkdtempSync(join(path, 'gridify-check-')))
  } catch (cause) {
    throw new UsageError(
      `${option} ${path} cannot be written to: ${(cause as Error).message}; it takes what does not fit in memory, so give a folder on a disk with room`,
      { cause },
    )
  }
}

export class WorkFolder {
  readonly path: string
  readonly #prefix: string
  #files = 0

  constructor(path: string, prefix: string) {
    this.path = path
    this.#prefix = prefix
  }

  nextFile(): string {
    try {
      makeFolder(this.path)
    } catch (cause) {
      throw diskError(this.path, 'written', cause)
    }
    return join(this.path, `${this.#prefix}-${++this.#files}.block`)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
