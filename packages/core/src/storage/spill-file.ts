/** A file that one task writes from its front to its end and reads anywhere; it is removed with the task. */

import { closeSync, rmSync } from 'node:fs'
import { openFile, readFully, writeAll } from './file-io.ts'

const bufferBytes = 256 * 1024

export class SpillFile {
  readonly path: string
  /** Where the next bytes go; what is on its way counts. */
  bytes = 0
  #file: number | undefined
  readonly #buffer = new Uint8Array(bufferBytes)
  #waiting = 0

  constructor(path: string) {
    this.path = path
    this.#file = openFile(path, 'wx+')
  }

  /** Returns where the bytes begin. */
  append(bytes: Uint8Array): number {
    const at = this.bytes
    this.bytes += bytes.length
    if (this.#waiting + bytes.length > bufferBytes) this.#flush()
    if (bytes.length > bufferBytes) writeAll(this.#file!, this.path, bytes)
    else {
      this.#buffer.set(bytes, this.#waiting)
      this.#waiting += bytes.length
    }
    return at
  }

  /** The bytes [offset, offset + target.length). */
  readInto(target: Uint8Array, offset: number): void {
    if (this.#waiting > 0) this.#flush()
    readFully(this.#file!, this.path, target, offset)
  }

  read(offset: number, length: number): Uint8Array {
    const target = new Uint8Array(length)
    this.readInto(target, offset)
    return target
  }

  /** Safe to call again. */
  remove(): void {
    if (this.#file === undefined) return
    closeSync(this.#file)
    this.#file = undefined
    rmSync(this.path, { force: true })
  }

  #flush(): void {
    const waiting = this.#buffer.subarray(0, this.#waiting)
    this.#waiting = 0
    writeAll(this.#file!, this.path, waiting)
  }
}
