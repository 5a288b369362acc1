/** What the engine tells about itself: fields, not sentences; silent unless the user gives a sink. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  /** Who speaks: `driver`, or an executor's id. */
  readonly source: string
  readonly fields?: Readonly<Record<string, unknown>>
}

export type LogSink = (record: LogRecord) => void

export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

export function createLogger(source: string, sink: LogSink): Logger {
  const at = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) =>
    sink(fields ? { level, message, source, fields } : { level, message, source })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
