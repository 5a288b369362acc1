/** `text.split(separator).map(Number)` in one loop, without a string for each part. */

const builtins = [String.prototype.split, Array.prototype.map] as readonly Function[]
/** Both make the same number of plain decimals, and do not look at a second argument. */
const converters = new Set<unknown>([Number, parseFloat])

/** Exact as numbers, as are whole numbers of 15 digits: a quotient of two is rounded once, as ECMAScript asks of a text. */
const powers = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent)
const minus = 45
const point = 46
const zero = 48
const nine = 57

/** The bytes of the text at hand: read faster than its characters, which may lie in a part of another text. */
const bytes = Buffer.allocUnsafeSlow(64 * 1024)
const longText = bytes.length / 3 - 1

/** What `text.split(separator).map(convert)` gives, whatever they are; `separator` is one UTF-16 unit. */
export function splitNumbers(text: unknown, separator: string, convert: (part: string) => unknown): unknown {
  const end = separator.charCodeAt(0)
  if (typeof text !== 'string' || text.length > longText || !isFree(end) || !converters.has(convert) || isPatched())
    return (text as string).split(separator).map(convert)
  const { length } = text
  // Of ASCII alone, each character is a byte.
  if (bytes.write(text, 0, 'utf8') !== length) return text.split(separator).map(convert)
  bytes[length] = end
  const numbers: unknown[] = []
  for (let from = 0; from <= length;) {
    let at = from
    let unit = bytes[at]!
    const isNegative = unit === minus
    if (isNegative) unit = bytes[++at]!
    const start = at
    let digits = 0
    for (; unit >= zero && unit <= nine; unit = bytes[++at]!) digits = digits * 10 + (unit - zero)
    let count = at - start
    let decimals = 0
    if (unit === point) {
      const first = ++at
      for (unit = bytes[at]!; unit >= zero && unit <= nine; unit = bytes[++at]!) digits = digits * 10 + (unit - zero)
      decimals = at - first
      count += decimals
    }
    if (unit === end && count > 0 && count < powers.length) {
      const value = decimals === 0 ? digits : digits / powers[decimals]!
      numbers.push(isNegative ? -value : value)
    } else {
      at = text.indexOf(separator, from)
      if (at < 0) at = length
      numbers.push(convert(text.substring(from, at)))
    }
    from = at + 1
  }
  return numbers
}

/** ASCII, and no part of a plain decimal. */
function isFree(unit: number): boolean {
  return unit < 128 && unit !== minus && unit !== point && (unit < zero || unit > nine)
}

function isPatched(): boolean {
  return String.prototype.split !== builtins[0] || Array.prototype.map !== builtins[1]
}
