/** What one task may hold, and the files that it goes on in; they end with the task. */

import { SpillFile } from './spill-file.ts'

export class TaskSpills {
  /** Bytes of runs, tables or groups that a task holds before it goes on in files. */
  readonly budget: number
  readonly #nextPath: () => string
  readonly #files: SpillFile[] = []
  #file: SpillFile | undefined

  constructor(budget: number, nextPath: () => string) {
    this.budget = budget
    this.#nextPath = nextPath
  }

  /** One for all that lives as long as the task. */
  get file(): SpillFile {
    return (this.#file ??= this.open())
  }

  /** One for what the caller removes earlier. */
  open(): SpillFile {
    const file = new SpillFile(this.#nextPath())
    this.#files.push(file)
    return file
  }

  get bytes(): number {
    return this.#files.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  removeAll(): void {
    for (const file of this.#files.splice(0)) file.remove()
    this.#file = undefined
  }
}
