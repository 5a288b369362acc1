/** The folders of checkpoints: each checkpoint has one of its own, below one of this context's, which goes with it. */

import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { localPath } from '../base/file-address.ts'
import type { DatasetId } from '../base/ids.ts'
import { deleteBelow, isS3 } from '../files/s3.ts'

export class CheckpointFiles {
  readonly #base: string
  /** By dataset: one that is checkpointed twice has two. */
  readonly #folders = new Map<DatasetId, string[]>()
  readonly #removals = new Set<Promise<void>>()
  readonly #onFailure: (message: string) => void
  #count = 0

  constructor(dir: string, onFailure: (message: string) => void) {
    const name = `gridify-${randomUUID()}`
    this.#base = isS3(dir) ? `${dir.replace(/\/*$/, '')}/${name}` : join(resolve(localPath(dir)), name)
    this.#onFailure = onFailure
  }

  /** A folder that nothing else is in. */
  next(id: DatasetId): string {
    return `${this.#base}/dataset-${id}-${++this.#count}`
  }

  keep(id: DatasetId, folder: string): void {
    this.#folders.set(id, [...(this.#folders.get(id) ?? []), folder])
  }

  /** Removes the checkpoints of datasets that nobody can read any more, beside what else is done. */
  drop(ids: readonly DatasetId[]): void {
    for (const id of ids) {
      for (const folder of this.#folders.get(id) ?? []) {
        const removal = this.#remove(folder).finally(() => this.#removals.delete(removal))
        this.#removals.add(removal)
      }
      this.#folders.delete(id)
    }
  }

  /** Removes all of them, with the folder that they are in. */
  async end(): Promise<void> {
    await Promise.all(this.#removals)
    if (this.#count > 0) await this.#remove(this.#base)
  }

  async #remove(folder: string): Promise<void> {
    try {
      await (isS3(folder) ? deleteBelow(`${folder}/`, 'checkpoint()') : rm(folder, { recursive: true, force: true }))
    } catch (error) {
      this.#onFailure(`the checkpoint in ${folder} could not be removed: ${(error as Error).message}`)
    }
  }
}
