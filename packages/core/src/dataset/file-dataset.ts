/** A dataset of the rows of files, which tells what in them was no row. */

import type { MalformedRow } from '../base/file-format.ts'
import type { MalformedReport } from '../files/malformed-rows.ts'
import type { FilesNode } from '../lineage/node.ts'
import { Dataset } from './dataset.ts'
import type { JobRunner } from './job-runner.ts'

/** Lines and records that were left out; each partition counts once, when an action has read it to its end. */
export class MalformedRows {
  readonly #rows: MalformedRow[] = []
  #count = 0

  /** How many there are, as far as the files were read. */
  get count(): number {
    return this.#count
  }

  /** With `onMalformed: 'collect'`, the first 100 of each partition, with file, line, text and reason. */
  get rows(): readonly MalformedRow[] {
    return this.#rows
  }

  /** @internal */
  add(report: MalformedReport): void {
    this.#count += report.count
    for (const row of report.rows) this.#rows.push(row)
    // Partitions end in any order.
    this.#rows.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line))
  }
}

/** What `jsonLines` and `csv` give: a dataset with the account of what was left out. */
export class FileDataset<T> extends Dataset<T> {
  /**
   * What was left out, with `onMalformed: 'skip'` or `'collect'`.
   * @example
   * await context.parallelize(['{}', '{'], 1).saveAsTextFile(folder + '/malformed')
   * const rows = context.jsonLines(folder + '/malformed', { onMalformed: 'skip' })
   * await rows.count() // 1
   * rows.malformed.count // 1
   */
  readonly malformed: MalformedRows

  /** @internal */
  constructor(node: FilesNode, runner: JobRunner, malformed: MalformedRows) {
    super(node, runner)
    this.malformed = malformed
  }
}
