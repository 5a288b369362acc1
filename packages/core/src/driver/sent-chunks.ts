/** Which chunks of closures an executor has been sent: each once, and kept for the next closure that has it too. */

import type { ClosureCode } from '../closure/closure.ts'
import { shippedClasses } from '../closure/class-units.ts'
import type { StageId } from '../base/ids.ts'

/** What no stage needs stays for later ones up to this; what was used longest ago goes first. */
const idleBytes = 64 * 2 ** 20

export class SentChunks {
  /** By hash; used longest ago first. */
  readonly #held = new Map<string, number>()
  readonly #byStage = new Map<StageId, readonly ClosureCode[]>()
  #bytes = 0

  /** The chunks that the executor lacks for a stage, and has from now on. */
  forStage(stage: StageId, closures: readonly ClosureCode[]): { hash: string; bytes: Uint8Array }[] {
    const large = closures.filter(({ chunks }) => chunks.length > 0)
    if (large.length > 0) this.#byStage.set(stage, large)
    return large.flatMap((code) => this.missing(code))
  }

  /** Those of a class, which executors have for good. */
  missing({ chunks, bytes }: ClosureCode): { hash: string; bytes: Uint8Array }[] {
    const missing: { hash: string; bytes: Uint8Array }[] = []
    let at = 0
    for (const { hash, bytes: length } of chunks) {
      const isHeld = this.#held.delete(hash)
      this.#held.set(hash, length)
      if (!isHeld) {
        this.#bytes += length
        // A view would take the whole buffer along to a thread.
        missing.push({ hash, bytes: bytes.slice(at, at + length) })
      }
      at += length
    }
    return missing
  }

  /** The executor has let go of stages: the chunks that it is to let go of too. */
  endStages(stages: readonly StageId[]): string[] {
    for (const stage of stages) this.#byStage.delete(stage)
    if (this.#bytes <= idleBytes) return []
    const needed = new Set(
      [...[...this.#byStage.values()].flat(), ...shippedClasses.values()].flatMap(({ chunks }) =>
        chunks.map(({ hash }) => hash),
      ),
    )
    let idle = 0
    for (const [hash, bytes] of this.#held) if (!needed.has(hash)) idle += bytes
    const gone: string[] = []
    for (const [hash, bytes] of this.#held) {
      if (idle <= idleBytes) break
      if (needed.has(hash)) continue
      this.#held.delete(hash)
      this.#bytes -= bytes
      idle -= bytes
      gone.push(hash)
    }
    return gone
  }
}
