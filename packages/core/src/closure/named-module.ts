/** A module that executors have too. */
export interface NamedModule {
  readonly specifier: string
  readonly version: string | null
  /** A file inside the package, where the driver knew no public specifier. */
  readonly file: string | null
}
