/** The lines at which the records of a CSV file begin. */

/**
 * Goes through a file by the texts that the parser has for its records. Such a text begins with the empty lines and comments
 * that stand before the record, and lacks the second character of a `\r\n` that is no part of a value.
 */
export class RecordLines {
  readonly #comment: string | undefined
  #line = 1

  constructor(comment: string | undefined) {
    this.#comment = comment
  }

  /** The line of the record that comes next, whose text this is or begins with. */
  startOf(raw: string): number {
    return this.#line + this.#before(raw).lines
  }

  /** What of it is the record itself. */
  textOf(raw: string): string {
    return raw.slice(this.#before(raw).end).trimEnd()
  }

  /** The record is read. */
  pass(raw: string): void {
    const { lines, end } = this.#before(raw)
    this.#line += lines
    for (let at = raw.indexOf('\n', end); at >= 0; at = raw.indexOf('\n', at + 1)) this.#line++
    if (raw.length > end && raw.endsWith('\r')) this.#line++
  }

  #before(raw: string): { lines: number; end: number } {
    let lines = 0
    let end = 0
    for (;;) {
      if (this.#comment !== undefined && raw.startsWith(this.#comment, end))
        while (end < raw.length && raw[end] !== '\r' && raw[end] !== '\n') end++
      if (raw[end] !== '\r' && raw[end] !== '\n') return { lines, end }
      lines++
      end++
    }
  }
}
