/** Bytes in the arena, at a fixed place until they are released. */
export interface Region {
  /** Byte offset in the arena's memory; a multiple of 4,096. */
  readonly offset: number
  /** Its length. */
  readonly bytes: number
}
