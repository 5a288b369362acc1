/** Writes a partition to a file of this attempt alone; the driver moves one attempt of each partition into place. */

import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { getText, isS3 } from '../files/s3.ts'
import { fileBytes } from '../files/write-rows.ts'
import type { SaveSink } from '../protocol/stage-plan.ts'
import type { TaskContext } from '../task/task-context.ts'

/** @returns the file's path; undefined where the partition makes no file. */
export function saveRows(
  batches: Iterable<unknown[]>,
  sink: SaveSink,
  task: TaskContext,
  nextPath: () => string,
): string | undefined {
  const path = isS3(sink.attemptFolder)
    ? nextPath()
    : join(sink.attemptFolder, `${task.partition}-${task.attempt}-${randomUUID()}`)
  let any = sink.format.kind !== 'parquet'
  const file = openSync(path, 'w')
  try {
    for (const bytes of fileBytes(batches, sink)) {
      any = true
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done)
    }
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  if (any) return path
  rmSync(path)
  return undefined
}

/** An executor that does not see the driver's marker would write into a folder of its own. */
export async function checkMarker({ operation, attemptFolder, marker }: SaveSink, executor: string): Promise<void> {
  let seen: string | undefined
  let cause: unknown
  try {
    if (isS3(attemptFolder)) seen = await getText(`${attemptFolder}/_marker`, `${operation}()`)
    else seen = readFileSync(join(attemptFolder, '_marker'), 'utf8')
  } catch (error) {
    cause = error
  }
  if (seen !== marker)
    throw new UsageError(
      `${operation}(): executor ${executor} does not see ${attemptFolder}, which the driver has made; the folder must be one that driver and executors share`,
      { cause },
    )
}
