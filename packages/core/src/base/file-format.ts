/** How rows lie in files: what readers and writers are told. */

/** What becomes of a line or record that its format does not allow. */
export type OnMalformed = 'error' | 'skip' | 'collect'

export interface CsvSyntax {
  /** Without one, a tab in files named `.tsv`, else a comma. */
  readonly delimiter?: string | undefined
  readonly quote: string | false
  readonly comment: string | false
}

export type ReadFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'jsonLines'; readonly onMalformed: OnMalformed }
  | {
      readonly kind: 'csv'
      readonly syntax: CsvSyntax
      readonly header: boolean
      readonly columns?: readonly string[] | undefined
      /** A quoted value may hold newlines, so that a file can only be read from its beginning. */
      readonly multiline: boolean
      readonly onMalformed: OnMalformed
    }
  | { readonly kind: 'parquet'; readonly columns?: readonly string[] | undefined }
  | { readonly kind: 'wholeText' | 'binary' | 'objects' }

export type WriteFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'jsonLines' }
  | {
      readonly kind: 'csv'
      readonly delimiter: string
      readonly header: boolean
      readonly columns?: readonly string[] | undefined
    }
  | { readonly kind: 'parquet'; readonly columns?: Readonly<Record<string, ParquetType>> | undefined }
  /** `isOwn`: only this program reads them, so the names that it has for classes will do. */
  | { readonly kind: 'objects'; readonly isOwn?: true }

/** How a Parquet file holds the values of a column. */
export type ParquetType =
  | 'BOOLEAN'
  | 'INT32'
  | 'INT64'
  | 'FLOAT'
  | 'DOUBLE'
  | 'STRING'
  | 'TIMESTAMP'
  | 'BYTE_ARRAY'
  | 'JSON'
export const parquetTypes: readonly ParquetType[] = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'FLOAT',
  'DOUBLE',
  'STRING',
  'TIMESTAMP',
  'BYTE_ARRAY',
  'JSON',
]

/** What a line of JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** How the files of a save are compressed; `zstd` needs Node 22.15. */
export type Compression = 'gzip' | 'zstd'

/** A line or record that was left out. */
export interface MalformedRow {
  /** The file that it stands in. */
  readonly path: string
  /** Counted from 1; for a record of several lines, its first. */
  readonly line: number
  /** Its beginning. */
  readonly text: string
  /** Why it is no row. */
  readonly reason: string
}
