/** Hashes and writes lists of texts; short ASCII texts by loops, since a call into the runtime costs more than they do. */

import { fmix, FNV_OFFSET, FNV_PRIME, hashString } from '../key-hash.ts'
import { isWellFormed } from '../text.ts'
import { checkText } from '../value-limits.ts'

export interface MeasuredTexts {
  /** UTF-16 units: the bytes of ASCII texts, a third of the most that others take. */
  readonly units: number
  readonly ascii: boolean
}

/** Writes `hashKey` of each of the first `count` values to `hashes`; undefined where one is no well-formed text. */
export function hashTexts(values: readonly unknown[], count: number, hashes: Int32Array): MeasuredTexts | undefined {
  let units = 0
  let ascii = true
  for (let i = 0; i < count; i++) {
    const text = values[i]
    if (typeof text !== 'string') return undefined
    units += text.length
    checkText(text.length)
    let hash = FNV_OFFSET
    let all = 0
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      all |= unit
      hash = Math.imul(hash ^ unit, FNV_PRIME)
    }
    if (all < 0x80) {
      hashes[i] = fmix(hash)
      continue
    }
    if (!isWellFormed(text)) return undefined
    ascii = false
    hashes[i] = hashString(text)
  }
  return { units, ascii }
}

/** Texts are written by a loop up to this length; above it the call into the runtime pays. */
const loopedLength = 48

/** Writes one text at `position` and returns its end; `target` has room for three bytes per unit, or for all if ASCII. */
export function writeText(text: string, target: Buffer, position: number): number {
  const { length } = text
  if (length > loopedLength) return position + target.write(text, position, 'utf8')
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return position + target.write(text, position, 'utf8')
    target[position + i] = unit
  }
  return position + length
}
