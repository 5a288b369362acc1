/** What the engine tells about itself: fields, not sentences; silent unless the user gives a sink. */

/** How much a record matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Something that driver or executors report, or that a function prints; what `onLog` gets. */
export interface LogRecord {
  /** How much it matters. */
  readonly level: LogLevel
  /** What happened, or what was printed. */
  readonly message: string
  /** Who speaks: `driver`, or an executor's id. */
  readonly source: string
  /** What the message is about, for programs. */
  readonly fields?: Readonly<Record<string, unknown>>
}

export type LogSink = (record: LogRecord) => void

/**
 * Reports to the driver, which hands the records to `onLog` of its context.
 * @example
 * const records: LogRecord[] = []
 * await using logged = await createContext({ master: 'memory[1]', onLog: (record) => records.push(record) })
 * await logged.range(0, 1).foreach((n, task) => task.log.warn('odd', { n }))
 * records.map(({ level, message, fields }) => ({ level, message, fields })) // [{ level: 'warn', message: 'odd', fields: { n: 0 } }]
 */
export interface Logger {
  /** What is of use in a search for faults only. */
  debug(message: string, fields?: Record<string, unknown>): void
  /** What one may want to know. */
  info(message: string, fields?: Record<string, unknown>): void
  /** What is odd, but goes on. */
  warn(message: string, fields?: Record<string, unknown>): void
  /** What went wrong. */
  error(message: string, fields?: Record<string, unknown>): void
}

export function createLogger(source: string, sink: LogSink): Logger {
  const at = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) =>
    sink(fields ? { level, message, source, fields } : { level, message, source })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
