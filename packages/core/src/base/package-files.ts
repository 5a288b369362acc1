/**
 * Where this package's own files lie. It runs as a few bundles in `lib`, which load four times as fast as the modules that
 * they are made of; tests also run modules of it one by one, compiled in `dist` or as they are in `src`.
 */

import { fileURLToPath } from 'node:url'

type Entry = 'index' | 'executor' | 'session-main' | 'session-thread' | 'slot-thread'

const isBundle = new URL('.', import.meta.url).pathname.endsWith('/lib/')

/** The folder that holds all the code that runs here, as a `file:` URL that ends with a slash. */
export const codeFolder = new URL(isBundle ? './' : '../', import.meta.url).href
/** The same as a path, with its separator at the end. */
export const codePath = fileURLToPath(codeFolder)
/** The sources, which stacks name where source maps are on. */
export const sourcePath = fileURLToPath(new URL('../src/', codeFolder))
/** Whether TypeScript runs as it is, which only tests do. */
export const isSource = import.meta.url.endsWith('.ts')

/** The entry file of a process or thread. */
export function entryFile(name: Entry): URL {
  return new URL(`../lib/${name}.js`, codeFolder)
}
