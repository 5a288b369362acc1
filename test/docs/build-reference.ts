/** Builds the API reference into a folder, and reads what TypeDoc knows of the packages. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What TypeDoc writes as JSON, as far as it is read here. */
export interface Reflection {
  readonly name: string
  readonly kind: number
  readonly comment?: Comment
  readonly children?: readonly Reflection[]
  readonly signatures?: readonly Reflection[]
  readonly getSignature?: Reflection
}

interface Comment {
  readonly blockTags?: readonly { readonly tag: string; readonly content: readonly { readonly text: string }[] }[]
}

/** The kinds that are told apart here; the numbers are TypeDoc's. */
export const kinds = { module: 2, variable: 32, function: 64, class: 128, interface: 256, method: 2048 }

export interface Built {
  /** What was printed; nothing, where all is well. */
  readonly output: string
  /** By the name that programs import from. */
  readonly modules: ReadonlyMap<string, readonly Reflection[]>
}

/** Warnings, such as a link that leads nowhere or an export without a docstring, fail the build. */
export function buildReference(into: string): Built {
  const cwd = join(import.meta.dirname, '../../packages/reference')
  const json = join(into, 'reference.json')
  const options = ['--out', join(into, 'pages'), '--json', json]
  const output = execFileSync(process.execPath, [join(cwd, 'node_modules/typedoc/bin/typedoc'), ...options], {
    cwd,
    encoding: 'utf8',
  })
  const { children } = JSON.parse(readFileSync(json, 'utf8')) as { children: readonly Reflection[] }
  const modules = new Map<string, readonly Reflection[]>()
  for (const { name, children: parts = [] } of children)
    if (parts.every(({ kind }) => kind === kinds.module))
      for (const part of parts) modules.set(part.name === 'index' ? name : `${name}/${part.name}`, part.children ?? [])
    else modules.set(name, parts)
  return { output, modules }
}
