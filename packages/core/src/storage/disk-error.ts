/** What went wrong with a file of the work folder, with the rule and the cure. */

import { DiskError } from '../base/errors.ts'

export function diskError(path: string, action: 'written' | 'read', cause: unknown): DiskError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DiskError(
    `${path} could not be ${action}: ${reason}; what does not fit in an executor's memory goes to its work folder: ` +
      'free space there, give it another folder (workDir, or --work-dir of the executor) or more memory (memoryBytes, or --memory)',
    { cause },
  )
}
