/** Collects rows and cuts them into blocks of a bounded number of rows and bytes. */
import { encodeBlock } from './block.ts'
import { estimateBytes } from './estimate.ts'

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

  /** What the rows that wait would take, roughly. */
  get byteEstimate(): number {
    return this.#byteEstimate
  }

  /** Where cuts fall depends on the rows alone, so the same rows always make the same blocks. */
  push(row: unknown): void {
    const bytes = estimateBytes(row)
    if (this.#rows.length > 0 && this.#byteEstimate + bytes > MAX_BYTES) this.flush()
    this.#rows.push(row)
    this.#byteEstimate += bytes
    if (this.#rows.length >= MAX_ROWS || this.#byteEstimate >= MAX_BYTES) this.flush()
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
