/** What `dataset.barrier()` gives: the operations whose tasks run together. */

import { callSite, describeCallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { wrongOption } from '../base/wrong-option.ts'
import type { LineageNode } from '../lineage/node.ts'
import type { BarrierTaskContext } from '../task/barrier-task-context.ts'
import { baseOf, type Handle } from './build-nodes.ts'
import type { Dataset, PartitionOptions, Row } from './dataset.ts'

/** Rows that a function of a barrier stage gives: at once, by a promise of them all, or one by one. */
export type BarrierRows<U> = Iterable<U> | PromiseLike<Iterable<U>> | AsyncIterable<U>

/**
 * A dataset whose next step starts all of its tasks together: a stage fails as one, and its tasks can wait for each other.
 * All steps of the stage must have the same number of partitions, and actions that read a part of them, such as `take`,
 * are refused.
 */
export class BarrierDataset<T> {
  readonly #parent: Handle
  readonly #make: (node: LineageNode) => Dataset<any>

  /** @internal Use `dataset.barrier()`. */
  constructor(parent: Handle, make: (node: LineageNode) => Dataset<any>) {
    this.#parent = parent
    this.#make = make
  }

  /**
   * Applies `fn` once per partition, in tasks that all run at the same time; it may be asynchronous. `task.barrier()` waits for
   * the others, `task.allGather(message)` gives what each of them gave, `task.getTaskInfos()` says where they run. The rows
   * that it gives are held encoded in memory before later steps begin.
   * @throws UsageError at the action, where there are fewer slots than partitions, or the stage has steps with other numbers of partitions.
   * @example
   * const sums = context.range(0, 4, { partitions: 2 }).barrier().mapPartitions(async (rows, task) => {
   *   let sum = 0
   *   for (const n of rows) sum += n
   *   const all = await task.allGather(sum)
   *   return [`${sum} of ${all[0]! + all[1]!}`]
   * })
   * await sums.collect() // ['1 of 6', '5 of 6']
   */
  mapPartitions<U extends Row>(
    fn: (rows: Iterable<T>, task: BarrierTaskContext) => BarrierRows<U>,
    options: PartitionOptions = {},
  ): Dataset<U> {
    return this.#step('mapPartitions', fn, options, false)
  }

  /**
   * Like `mapPartitions`, with the partition's number as first argument.
   * @example
   * const together = context.range(0, 4, { partitions: 2 }).barrier()
   * const numbered = together.mapPartitionsWithIndex(async function* (index, rows, task) {
   *   await task.barrier({ timeoutMs: 60_000 })
   *   for (const n of rows) yield `${index}:${n}`
   * })
   * await numbered.collect() // ['0:0', '0:1', '1:2', '1:3']
   */
  mapPartitionsWithIndex<U extends Row>(
    fn: (index: number, rows: Iterable<T>, task: BarrierTaskContext) => BarrierRows<U>,
    options: PartitionOptions = {},
  ): Dataset<U> {
    return this.#step('mapPartitionsWithIndex', fn, options, true)
  }

  #step(operation: string, fn: Function, options: PartitionOptions, indexed: boolean): Dataset<any> {
    const site = callSite(`barrier().${operation}`)
    const wrong = wrongOption(options, ['preservesPartitioning'])
    if (wrong !== undefined) throw new UsageError(`${describeCallSite(site)} ${wrong}`)
    const { node, runner } = this.#parent
    return this.#make({
      ...baseOf(runner, site),
      kind: 'barrier',
      parent: node,
      closure: runner.capture(fn, site),
      preservesPartitioning: options.preservesPartitioning ?? false,
      indexed,
    })
  }
}
