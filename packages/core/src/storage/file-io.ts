/** Whole reads and writes of files in the work folder; what goes wrong is a DiskError. */

import { openSync, readSync, writeSync } from 'node:fs'
import { diskError } from './disk-error.ts'

/** Node refuses to move 2 GiB or more in one call. */
const movedAtOnce = 2 ** 30

/** `r` reads a file that is there, the others make one. */
export function openFile(path: string, flags: 'r' | 'wx' | 'wx+'): number {
  try {
    return openSync(path, flags)
  } catch (cause) {
    throw diskError(path, flags === 'r' ? 'read' : 'written', cause)
  }
}

/** Writes behind what was written last. */
export function writeAll(file: number, path: string, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length;)
      done += writeSync(file, bytes, done, Math.min(movedAtOnce, bytes.length - done))
  } catch (cause) {
    throw diskError(path, 'written', cause)
  }
}

/** Fills `target` with what lies at `offset`. */
export function readFully(file: number, path: string, target: Uint8Array, offset: number): void {
  try {
    for (let done = 0; done < target.length;) {
      const count = readSync(file, target, done, Math.min(movedAtOnce, target.length - done), offset + done)
      if (count === 0) throw new RangeError('it is shorter than its index says')
      done += count
    }
  } catch (cause) {
    throw diskError(path, 'read', cause)
  }
}
