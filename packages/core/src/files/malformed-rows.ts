/** Counts what a partition's files hold against their format, and keeps the first of it where asked. */

import { UsageError } from '../base/errors.ts'
import type { FileSplit } from '../base/file-split.ts'
import type { MalformedRow, OnMalformed } from '../base/file-format.ts'
import { linesBefore } from './local-file.ts'

/** What one partition tells the driver. */
export interface MalformedReport {
  readonly count: number
  readonly rows: readonly MalformedRow[]
}

/** More of one partition are counted, but not kept. */
const keptRows = 100
const keptText = 200

export class MalformedCounter {
  readonly #onMalformed: OnMalformed
  readonly #site: string
  readonly #rows: MalformedRow[] = []
  #count = 0

  constructor(onMalformed: OnMalformed, site: string) {
    this.#onMalformed = onMalformed
    this.#site = site
  }

  get report(): MalformedReport {
    return { count: this.#count, rows: this.#rows }
  }

  /** @param line counted from 1 at the first line that is the split's own. */
  add(split: FileSplit, line: number, text: string, reason: string, cause?: unknown): void {
    this.#count++
    const row = () => ({
      path: split.path,
      line: line + linesBefore(split),
      text: text.length > keptText ? `${text.slice(0, keptText)}...` : text,
      reason,
    })
    if (this.#onMalformed === 'collect' && this.#rows.length < keptRows) this.#rows.push(row())
    if (this.#onMalformed !== 'error') return
    const { path, line: at, text: shown } = row()
    throw new UsageError(
      `${this.#site}: ${path}, line ${at}: ${reason}: ${shown}; { onMalformed: 'skip' } leaves such out and counts them, 'collect' keeps them too`,
      { cause },
    )
  }
}
