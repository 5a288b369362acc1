/** A byte range of a text file, as the driver listed it: whoever reads it checks that the file is still the same. */
export interface TextSplit {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly size: number
  readonly modifiedMs: number
}
