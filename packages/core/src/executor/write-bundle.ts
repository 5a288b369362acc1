/** Puts the files of a bundle where slots import them from. */

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InternalError } from '../base/errors.ts'
import { makeFolder } from '../base/make-folder.ts'
import { packagesFile } from '../closure/import-bundled.ts'
import type { ModuleBundle } from '../closure/module-rules.ts'

export const bundlesFolder = (workFolder: string) => join(workFolder, 'bundles')

/** Once a folder of the bundle's name exists it is whole. */
export function writeBundle({ hash, files, packages }: ModuleBundle, workFolder: string): void {
  if (!/^[0-9a-f]{32}$/.test(hash) || files.some(({ name }) => !/^[\w.-]+\.m?js$/.test(name)))
    throw new InternalError('a bundle has a name that is no name of a file')
  const folder = join(bundlesFolder(workFolder), hash)
  if (existsSync(folder)) return
  makeFolder(bundlesFolder(workFolder))
  const half = `${folder}.half`
  rmSync(half, { recursive: true, force: true })
  mkdirSync(half, { mode: 0o700 })
  for (const { name, bytes } of files) writeFileSync(join(half, name), bytes)
  writeFileSync(join(half, packagesFile), JSON.stringify(packages))
  writeFileSync(join(half, 'package.json'), '{"type":"module"}')
  renameSync(half, folder)
}
