/** A part of a file, as the driver listed it: whoever reads it checks that the file is still the same. */
export interface FileSplit {
  /** A full path, or an `s3://` address. */
  readonly path: string
  /** Bytes from `start` up to, not with, `end`. */
  readonly start: number
  readonly end: number
  readonly size: number
  readonly modifiedMs: number
  /** Of an object in S3: what changes with its bytes. */
  readonly version?: string
  /** Where a task holds the bytes of an object while it runs. */
  readonly copy?: string
  /** Of a Parquet file: a row group. */
  readonly rows?: { readonly start: number; readonly end: number }
}
