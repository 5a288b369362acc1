/** The order of texts by code point: radix sort on the first bytes after the common prefix, then a compare of ties. */

import { compareStrings } from '../codec/order.ts'
import { orderOfNumbers } from './radix-order.ts'

/** Six characters of eight bits are an exact double. */
const prefixLength = 6

export function orderOfTexts(texts: readonly string[], descending: boolean): Int32Array {
  const rows = texts.length
  const skipped = commonPrefix(texts)
  const prefixes = new Float64Array(rows)
  for (let i = 0; i < rows; i++) prefixes[i] = prefixOf(texts[i]!, skipped)
  const order = orderOfNumbers(prefixes, descending)
  for (let from = 0; from < rows;) {
    let to = from + 1
    const prefix = prefixes[order[from]!]!
    while (to < rows && prefixes[order[to]!] === prefix) to++
    if (to - from > 1)
      order
        .subarray(from, to)
        .sort(
          descending
            ? (a, b) => compareStrings(texts[b]!, texts[a]!) || a - b
            : (a, b) => compareStrings(texts[a]!, texts[b]!) || a - b,
        )
    from = to
  }
  return order
}

function commonPrefix(texts: readonly string[]): number {
  if (texts.length === 0) return 0
  const first = texts[0]!
  let length = first.length
  for (const text of texts) {
    let at = 0
    while (at < length && at < text.length && text.charCodeAt(at) === first.charCodeAt(at)) at++
    length = at
    if (length === 0) break
  }
  return length
}

/** A number that orders as the text's beginning does; texts whose numbers are equal need a compare. */
function prefixOf(text: string, from: number): number {
  let prefix = 0
  for (let i = 0; i < prefixLength; i++) {
    const unit = from + i < text.length ? text.charCodeAt(from + i) : 0
    if (unit >= 0xff) {
      // From here on all is one number, above what ASCII gives at this place: code points are compared after.
      for (let rest = i; rest < prefixLength; rest++) prefix = prefix * 256 + 0xff
      return prefix
    }
    prefix = prefix * 256 + unit
  }
  return prefix
}
