/**
 * Parts of blocks as zstd, level 1, on their way between executors. It runs on Node's own threads, beside tasks, and pays
 * where the network is slower than it: about 600 MB a second and thread, to a half or a quarter.
 */

import { promisify } from 'node:util'

type Convert = (bytes: Uint8Array, options?: object) => Promise<Uint8Array>

/** Parts below this go as they are: their headers and a round through another thread cost more than they save. */
const leastBytes = 4096

function zlib() {
  // Loaded where it is used, and typed here: Node has zstd since 22.15.
  const loaded = process.getBuiltinModule('node:zlib') as unknown as {
    zstdCompress?: (bytes: Uint8Array, options: object, done: (error: Error | null, result: Uint8Array) => void) => void
    zstdDecompress?: (bytes: Uint8Array, done: (error: Error | null, result: Uint8Array) => void) => void
    constants: { ZSTD_c_compressionLevel?: number }
  }
  return loaded
}

/** By a version such as `22.15.0`. */
export function hasZstd(nodeVersion: string): boolean {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  return major === 22 ? minor >= 15 : major === 23 ? minor >= 8 : major > 23
}

/** Smaller bytes, or undefined where there is nothing to gain. */
export async function compressPart(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (bytes.length < leastBytes) return undefined
  const { zstdCompress, constants } = zlib()
  const params = { [constants.ZSTD_c_compressionLevel!]: 1 }
  const compressed = await (promisify(zstdCompress!) as Convert)(bytes, { params })
  return compressed.length < 0.9 * bytes.length ? compressed : undefined
}

export function decompressPart(bytes: Uint8Array): Promise<Uint8Array> {
  return (promisify(zlib().zstdDecompress!) as Convert)(bytes)
}
