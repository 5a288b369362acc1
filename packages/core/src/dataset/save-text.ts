/** Writes a dataset as text: files of attempts first, moved into place by the driver, then the marker. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { runValues, type Action } from './actions.ts'

export async function saveAsTextFile(action: Action, folder: string): Promise<void> {
  const target = resolve(folder)
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new UsageError(`saveAsTextFile(): ${target} exists and is not empty; remove it or choose another folder`)
  const attemptFolder = join(target, '_temporary')
  mkdirSync(attemptFolder, { recursive: true })
  try {
    const files = await runValues<string>(action, { kind: 'saveText', folder: target, attemptFolder })
    for (const [partition, written] of files.entries()) {
      if (!existsSync(written))
        throw new UsageError(
          `saveAsTextFile(): ${written} was written by an executor but is not seen here; ${target} must be a shared folder`,
        )
      renameSync(written, join(target, `part-${String(partition).padStart(5, '0')}`))
    }
    rmSync(attemptFolder, { recursive: true, force: true })
    writeFileSync(join(target, '_SUCCESS'), '')
  } catch (error) {
    rmSync(target, { recursive: true, force: true })
    throw error
  }
}
