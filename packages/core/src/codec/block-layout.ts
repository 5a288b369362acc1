/**
 * The header of a block, little-endian, all offsets relative to the block's start, so that a block is copied, sent and
 * spilled as it is:
 *   0 u32 magic   4 u32 rows   8 u8 shape   9 u8 zero   10 u16 columns   12 u32 byteLength
 *   16 + 16 * c   column: u8 kind, u8 repeated, u16 width, u32 data offset, u32 data bytes, u32 auxiliary offset
 * The first column is the rows; a tuple or object of `width` places is followed by their columns. Data begins at multiples of
 * eight. In the packed and graph shapes there are no columns and the body begins at byte 16.
 */

/** 'GBL1' */
export const MAGIC = 0x314c4247
export const HEADER_BYTES = 16
export const COLUMN_BYTES = 16

export const SHAPE = {
  columns: 0,
  /** All rows as one msgpackr array. */
  packed: 1,
  /** Rows in the graph format, one after the other. */
  graph: 2,
} as const

export const KIND = {
  undefined: 0,
  null: 1,
  boolean: 2,
  int32: 3,
  float64: 4,
  /** Bytes, and uint32 offsets (rows + 1 of them) as auxiliary; all below 0x80. */
  ascii: 5,
  /** As ascii, with any well-formed text. */
  utf8: 6,
  /** Arrays of equal length: the columns of their places follow. */
  tuple: 7,
  /** Plain objects with the same names in the same order: the names as a JSON array, and the columns of their values follow. */
  object: 8,
  /** One byte per row, and as auxiliary a block of the values that these number. */
  dictionary: 9,
} as const

export type Kind = (typeof KIND)[keyof typeof KIND]

/** Without bit operations, which end at 2^31. */
export function alignUp(offset: number): number {
  return Math.ceil(offset / 8) * 8
}
