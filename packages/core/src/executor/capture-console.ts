/** `console.log` in a task goes to the executor's log and to the driver, not to a terminal that nobody watches. */

import { format } from 'node:util'
import type { LogLevel, LogRecord } from '../base/logger.ts'

export function captureConsole(source: string, sink: (record: LogRecord) => void): void {
  const at =
    (level: LogLevel) =>
    (...values: unknown[]) =>
      sink({ level, source, message: format(...values) })
  Object.assign(console, {
    log: at('info'),
    info: at('info'),
    debug: at('debug'),
    warn: at('warn'),
    error: at('error'),
  })
}
