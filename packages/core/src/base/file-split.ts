/** A part of a file, as the driver listed it: whoever reads it checks that the file is still the same. */
export interface FileSplit {
  /** A full path, or an `s3://` address. */
  readonly path: string
  /** Bytes from `start` up to, not with, `end`. */
  readonly start: number
  readonly end: number
  readonly size: number
  readonly modifiedMs: number
  /** Of a Parquet file: a row group. */
  readonly rows?: { readonly start: number; readonly end: number }
}
