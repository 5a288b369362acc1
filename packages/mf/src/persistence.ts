/** A model as a folder: a JSON header with checksums, and raw little-endian numbers that other programs can map. */

import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@gridify/core'
import { z } from 'zod'
import type { ModelParts } from './factor-model.ts'
import { makeFolder } from './make-folder.ts'

const format = 'gridify-factor-model'
const files = ['ids.json', 'user-factors.f32', 'item-factors.f32', 'seen-offsets.i32', 'seen-ranks.i32'] as const
const header = z.object({
  format: z.literal(format),
  version: z.literal(1),
  users: z.int(),
  items: z.int(),
  factors: z.int(),
  sha256: z.record(z.enum(files), z.string()),
  // Written by us and covered by no rule of its own; the checksum of the header is not kept.
  report: z.looseObject({}),
})
const ids = z.object({
  users: z.array(z.union([z.string(), z.number()])),
  items: z.array(z.union([z.string(), z.number()])),
})

/** `C:\\models` is a path: a scheme has two letters at least. */
function localFolder(folder: string, what: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(folder) ?? []
  if (scheme === undefined) return resolve(folder)
  if (scheme.toLowerCase() === 'file') return fileURLToPath(folder)
  throw new UsageError(
    `${what}: ${folder} is an address, and models lie in folders of this machine: give a path, and copy the folder from or to ${scheme}://`,
  )
}

export async function saveModel(folder: string, parts: ModelParts): Promise<void> {
  const target = localFolder(folder, 'save()')
  const { users, items, userFactors, itemFactors, seen, report } = parts
  const contents: Record<(typeof files)[number], Uint8Array> = {
    'ids.json': Buffer.from(JSON.stringify({ users, items })),
    'user-factors.f32': bytesOf(userFactors),
    'item-factors.f32': bytesOf(itemFactors),
    'seen-offsets.i32': bytesOf(seen.offsets),
    'seen-ranks.i32': bytesOf(seen.ranks),
  }
  const sha256 = Object.fromEntries(files.map((name) => [name, hashOf(contents[name])]))
  const head = {
    format,
    version: 1,
    users: users.length,
    items: items.length,
    factors: report.settings.factors,
    sha256,
    report,
  }
  const attempt = `${target}.${randomUUID()}`
  try {
    await makeFolder(dirname(target))
    await mkdir(attempt)
  } catch (error) {
    throw new UsageError(
      `save(): no folder can be made in ${dirname(target)}: ${(error as Error).message}; choose one that you may write to`,
      { cause: error },
    )
  }
  try {
    for (const name of files) await writeFile(join(attempt, name), contents[name])
    await writeFile(join(attempt, 'model.json'), JSON.stringify(head, null, 2))
    await replace(target, attempt)
  } finally {
    await rm(attempt, { recursive: true, force: true })
  }
}

/** Puts the new folder in the place of the old one, which must be a model or nothing. */
async function replace(target: string, attempt: string): Promise<void> {
  const old = `${attempt}.old`
  try {
    await readHeader(target)
    await rename(target, old)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  try {
    await rename(attempt, target)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR')
      throw new UsageError(`save(): ${target} is there and is no model; remove it or choose another folder`, {
        cause: error,
      })
    throw error
  }
  await rm(old, { recursive: true, force: true })
}

export async function loadModel(folder: string): Promise<ModelParts> {
  const target = localFolder(folder, 'FactorModel.load()')
  try {
    const head = await readHeader(target)
    const read = async (name: (typeof files)[number]) => {
      const bytes = await readFile(join(target, name))
      if (hashOf(bytes) !== head.sha256[name])
        throw new UsageError(
          `FactorModel.load(): ${join(target, name)} is not what save() wrote, its checksum differs; save the model again`,
        )
      return bytes
    }
    const { users, items } = ids.parse(JSON.parse((await read('ids.json')).toString('utf8')))
    return {
      users,
      items,
      userFactors: new Float32Array(buffer(await read('user-factors.f32'))),
      itemFactors: new Float32Array(buffer(await read('item-factors.f32'))),
      seen: {
        offsets: new Int32Array(buffer(await read('seen-offsets.i32'))),
        ranks: new Int32Array(buffer(await read('seen-ranks.i32'))),
      },
      // The header's own part that only we write.
      report: head.report as unknown as ModelParts['report'],
    }
  } catch (error) {
    if (isMissing(error))
      throw new UsageError(
        `FactorModel.load(): ${target} holds no whole model; give the folder that save() was given`,
        { cause: error },
      )
    throw error
  }
}

async function readHeader(folder: string): Promise<z.infer<typeof header>> {
  const path = join(folder, 'model.json')
  const text = await readFile(path, 'utf8')
  try {
    return header.parse(JSON.parse(text))
  } catch (error) {
    throw new UsageError(`${path} is not the header of a model of this version; train and save it again`, {
      cause: error,
    })
  }
}

function bytesOf(array: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function buffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
