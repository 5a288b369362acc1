/** Values as the fixtures have them: see encoded_values.py. Tuples and lists are both arrays here. */

export type Encoded =
  | null
  | boolean
  | number
  | string
  | readonly Encoded[]
  | { readonly list: readonly Encoded[] }
  | { readonly bytes: string }
  | { readonly number: 'NaN' | 'Infinity' | '-Infinity' | '-0' }
  | { readonly undefined: true }

export function decode(encoded: Encoded): unknown {
  if (typeof encoded !== 'object' || encoded === null) return encoded
  if (Array.isArray(encoded)) return encoded.map(decode)
  if ('list' in encoded) return encoded.list.map(decode)
  if ('bytes' in encoded) return new Uint8Array(Buffer.from(encoded.bytes, 'hex'))
  if ('number' in encoded) return Number(encoded.number)
  return undefined
}

/** A text that two values share exactly where they are the same on every part, -0 and 0 apart. */
export function textOf(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${Array.from(value, textOf).join(',')}]`
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`
  if (typeof value === 'object' && value !== null)
    throw new TypeError(`no row of these programs has a ${value.constructor.name}`)
  return String(value)
}
