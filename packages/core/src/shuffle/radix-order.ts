/** The order of numbers by radix sort on an index: least significant digit first, 11 bits at a time, stable. */

const digitBits = 11
const digits = 1 << digitBits

/** Places of `keys` from the smallest to the largest, NaN last, or the other way round; ties in the order of places. */
export function orderOfNumbers(keys: Int32Array | Float64Array, descending: boolean): Int32Array {
  const rows = keys.length
  const flip = descending ? -1 : 0
  if (keys instanceof Int32Array) {
    const words = new Int32Array(rows)
    for (let i = 0; i < rows; i++) words[i] = keys[i]! ^ 0x80000000 ^ flip
    return sortByWord(words, undefined)
  }
  const { low, high } = sortableWords(keys, flip)
  return sortByWord(high, sortByWord(low, undefined))
}

/** Two words per double that order as unsigned integers: negative numbers reversed, -0 as 0, every NaN as the largest. */
function sortableWords(
  keys: Float64Array,
  flip: number,
): { low: Int32Array<ArrayBuffer>; high: Int32Array<ArrayBuffer> } {
  const rows = keys.length
  const low = new Int32Array(rows)
  const high = new Int32Array(rows)
  const bits = new Int32Array(keys.buffer, keys.byteOffset, 2 * rows)
  for (let i = 0; i < rows; i++) {
    const key = keys[i]!
    const sign = bits[2 * i + 1]! >> 31
    if (key === 0) {
      low[i] = flip
      high[i] = 0x80000000 ^ flip
    } else if (key !== key) low[i] = high[i] = -1 ^ flip
    else {
      low[i] = bits[2 * i]! ^ sign ^ flip
      high[i] = bits[2 * i + 1]! ^ (sign | 0x80000000) ^ flip
    }
  }
  return { low, high }
}

/** `order` sorted by the unsigned words of its places; digits that are the same everywhere are skipped. */
function sortByWord(words: Int32Array<ArrayBuffer>, order: Int32Array | undefined): Int32Array {
  const rows = words.length
  const counts = [new Int32Array(digits), new Int32Array(digits), new Int32Array(digits)]
  const [first, second, third] = counts as [Int32Array, Int32Array, Int32Array]
  for (let i = 0; i < rows; i++) {
    const word = words[i]!
    first[word & (digits - 1)]!++
    second[(word >>> digitBits) & (digits - 1)]!++
    third[word >>> (2 * digitBits)]!++
  }
  let from = order ?? countUp(rows)
  // Words travel along with their places: looking them up by place would miss the cache at each row.
  let fromWords = order ? picked(words, order) : words
  let toWords = new Int32Array(rows)
  for (let digit = 0; digit < 3; digit++) {
    const count = counts[digit]!
    const shift = digit * digitBits
    if (rows === 0 || count[(words[0]! >>> shift) & (digits - 1)] === rows) continue
    let start = 0
    for (let d = 0; d < digits; d++) {
      const here = count[d]!
      count[d] = start
      start += here
    }
    const to = new Int32Array(rows)
    for (let i = 0; i < rows; i++) {
      const word = fromWords[i]!
      const at = count[(word >>> shift) & (digits - 1)]!++
      to[at] = from[i]!
      toWords[at] = word
    }
    from = to
    const spare = fromWords === words ? new Int32Array(rows) : fromWords
    fromWords = toWords
    toWords = spare
  }
  return from
}

function picked(words: Int32Array, order: Int32Array): Int32Array<ArrayBuffer> {
  const result = new Int32Array(words.length)
  for (let i = 0; i < result.length; i++) result[i] = words[order[i]!]!
  return result
}

function countUp(count: number): Int32Array {
  const order = new Int32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  return order
}
