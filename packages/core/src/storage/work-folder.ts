/** Names files for blocks in a session's folder, which is made at first need. */

import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
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

/** Of the files of every thread that has lived as this slot. */
export const slotPrefix = (slot: number) => `slot${slot}.`

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

  /** What a slot that died has left half written; `held` are the files that others rely on. */
  removeLeftovers(prefix: string, held: ReadonlySet<string>): void {
    if (!existsSync(this.path)) return
    for (const name of readdirSync(this.path)) {
      const path = join(this.path, name)
      if (name.startsWith(prefix) && !held.has(path)) rmSync(path, { force: true })
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
