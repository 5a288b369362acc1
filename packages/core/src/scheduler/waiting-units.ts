/** Units of a stage whose preferred executors are all busy. Each executor finds its own again, so that nobody looks at all of them for each task. */

import type { ExecutorId } from '../base/ids.ts'

export class WaitingUnits {
  /** In the order in which they came, which is that of their times. */
  readonly #units = new Map<number, { readonly since: number; readonly executors: readonly ExecutorId[] }>()
  readonly #unitsOf = new Map<ExecutorId, Set<number>>()

  add(unit: number, executors: readonly ExecutorId[], since: number): void {
    this.#units.set(unit, { since, executors })
    for (const executor of executors) {
      const units = this.#unitsOf.get(executor)
      if (units) units.add(unit)
      else this.#unitsOf.set(executor, new Set([unit]))
    }
  }

  delete(unit: number): void {
    for (const executor of this.#units.get(unit)?.executors ?? []) this.#unitsOf.get(executor)!.delete(unit)
    this.#units.delete(unit)
  }

  /** Those that would run on an executor; units that are deleted meanwhile are passed over. */
  of(executor: ExecutorId): Iterable<number> {
    return this.#unitsOf.get(executor) ?? []
  }

  /** The one that waits longest. */
  get first(): { readonly unit: number; readonly since: number } | undefined {
    for (const [unit, { since }] of this.#units) return { unit, since }
    return undefined
  }

  /** Takes all of them out. */
  clear(): number[] {
    const units = [...this.#units.keys()]
    this.#units.clear()
    this.#unitsOf.clear()
    return units
  }
}
