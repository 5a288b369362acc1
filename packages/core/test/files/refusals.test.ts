/** What an executor says when it lacks a package or does not share the folder of a save. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkMarker } from '../../src/executor/save-rows.ts'
import { importOptional } from '../../src/files/optional-package.ts'

test('a missing package is named with the command that installs it', async () => {
  await expect(importOptional('gridify-has-no-such-package', 'parquet()')).rejects.toThrow(
    'parquet() needs the package gridify-has-no-such-package; install it on driver and executors: npm install gridify-has-no-such-package',
  )
})

test("an executor that sees no marker, or another save's, is named", async () => {
  const attemptFolder = mkdtempSync(join(tmpdir(), 'gridify-marker-'))
  const sink = {
    kind: 'save',
    operation: 'saveAsCsv',
    attemptFolder,
    marker: 'mine',
    format: { kind: 'text' },
  } as const
  const refusal = `saveAsCsv(): executor far-away does not see ${attemptFolder}, which the driver has made`
  await expect(checkMarker(sink, 'far-away')).rejects.toThrow(refusal)
  writeFileSync(join(attemptFolder, '_marker'), 'another')
  await expect(checkMarker(sink, 'far-away')).rejects.toThrow(refusal)
  writeFileSync(join(attemptFolder, '_marker'), 'mine')
  await expect(checkMarker(sink, 'far-away')).resolves.toBeUndefined()
  rmSync(attemptFolder, { recursive: true })
})
