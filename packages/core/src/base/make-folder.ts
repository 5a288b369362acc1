/** Makes a folder, and those above it, where they are missing. */

import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Level by level: Node's own recursion never returns where the system says that a parent which exists is missing, as in
 * /proc. `mode` is that of each folder made.
 */
export function makeFolder(path: string, mode?: number): void {
  if (existsSync(path)) {
    // Throws where it is a file.
    mkdirSync(path, { recursive: true })
    return
  }
  const parent = dirname(path)
  if (!existsSync(parent)) makeFolder(parent, mode)
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Somebody else was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
