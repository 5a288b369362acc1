/** Names files for blocks in a session's folder, which is made at first need. */

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { diskError } from './disk-error.ts'

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
      mkdirSync(this.path, { recursive: true })
    } catch (cause) {
      throw diskError(this.path, 'written', cause)
    }
    return join(this.path, `${this.#prefix}-${++this.#files}.block`)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
