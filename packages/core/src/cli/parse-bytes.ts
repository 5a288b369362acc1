/** Sizes as people write them. */

import { UsageError } from '../base/errors.ts'

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** `'256m'` is 268435456; k, m, g and t are powers of 1024, and `kb` and `KiB` mean the same. */
export function parseBytes(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(text)
  const bytes = match ? Math.floor(Number(match[1]) * units[match[2]!.toLowerCase()]!) : NaN
  if (!Number.isSafeInteger(bytes)) throw new UsageError(`${JSON.stringify(text)} is no size: write it as 512m or 4g`)
  return bytes
}

/** `4294967296` is `'4.0 GiB'`. */
export function formatBytes(bytes: number): string {
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(1)} GiB`
  if (bytes >= 2 ** 20) return `${(bytes / 2 ** 20).toFixed(1)} MiB`
  return `${(bytes / 2 ** 10).toFixed(1)} KiB`
}
