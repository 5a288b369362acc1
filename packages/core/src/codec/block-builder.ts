/** Collects rows and cuts them into blocks of a bounded number of rows and bytes. */
import { encodeBlock } from './block.ts'
import { BYTES_PER_NODE, estimateBytes } from './estimate.ts'
import { plainRow } from './group.ts'
import { checkValue } from './value-limits.ts'

const MAX_ROWS = 4096
const MAX_BYTES = 256 * 1024

export class BlockBuilder {
  readonly #onBlock: (bytes: Uint8Array, rows: number) => void
  #rows: unknown[] = []
  #byteEstimate = 0

  /** `onBlock` gets each block as it is cut, with its number of rows. */
  constructor(onBlock: (bytes: Uint8Array, rows: number) => void = () => {}) {
    this.#onBlock = onBlock
  }

  /** How many rows are in no block yet. */
  get waitingRows(): number {
    return this.#rows.length
  }

  /** What the rows that wait would take, roughly. */
  get byteEstimate(): number {
    return this.#byteEstimate
  }

  /** Where cuts fall depends on the rows alone, so the same rows always make the same blocks. */
  push(row: unknown): void {
    const bytes = estimateBytes(row)
    checkValue(row, bytes)
    if (this.#rows.length > 0 && this.#byteEstimate + bytes > MAX_BYTES) this.flush()
    this.#rows.push(row)
    this.#byteEstimate += bytes
    if (this.#rows.length >= MAX_ROWS || this.#byteEstimate >= MAX_BYTES) this.flush()
  }

  /** As `push` for each, with groups as arrays; numbers are not measured one by one. */
  pushAll(rows: readonly unknown[]): void {
    let from = 0
    while (from < rows.length) {
      const numbers = this.#pushNumbers(rows, from)
      if (numbers > from) from = numbers
      else this.push(plainRow(rows[from++]))
    }
  }

  /** Takes numbers from `rows` until one is none or a block is full; returns where it stopped. */
  #pushNumbers(rows: readonly unknown[], from: number): number {
    const waiting = this.#rows
    let at = from
    const room = Math.floor((MAX_BYTES - this.#byteEstimate) / BYTES_PER_NODE)
    const end = Math.min(rows.length, from + Math.min(MAX_ROWS - waiting.length, room) - 1)
    while (at < end && typeof rows[at] === 'number') waiting.push(rows[at++])
    this.#byteEstimate += (at - from) * BYTES_PER_NODE
    return at
  }

  /** Cuts a block from the rows that wait, gives it to `onBlock` and returns it; undefined when none wait. */
  flush(): Uint8Array | undefined {
    if (this.#rows.length === 0) return undefined
    const rows = this.#rows
    this.#rows = []
    this.#byteEstimate = 0
    const bytes = encodeBlock(rows)
    this.#onBlock(bytes, rows.length)
    return bytes
  }
}
