/**
 * The Hadoop of the talk: each half-iteration is a job of its own that starts from files and ends in files. Ratings are
 * parsed and shuffled anew, through disk; every reducer reads all vectors of the fixed side. The kernels, and so the
 * result to the last bit, are those of half gridify; what differs is that nothing stays in memory.
 */

import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { indexPartitioner, type Broadcast, type Context } from '@gridify/core'
import type { ALSSettings } from '@gridify/mf'
import { chooseKernel, joinSubtrees, kernelBytes, partitionOfBlock, type KernelVariant } from '@gridify/mf/kernels'
import { readFactorFiles, readSums, shuffleVectors, startLines } from './factor-files.ts'
import type { Data } from './load-data.ts'
import { modelSettings } from './model-options.ts'
import type { RecommendOptions } from './options.ts'
import { rankedRatings, scatterRatings, writeRatings, type RankedRatings } from './ranked-ratings.ts'
import { solvePartition, type ReduceConstants } from './solve-partition.ts'
import type { TrainedFactors, TrainingHooks } from './trained-factors.ts'

interface Side {
  readonly name: 'users' | 'items'
  readonly count: number
  /** Where its vectors lie now. */
  folder: string
  /** Gram matrix, observed loss and regularisation. */
  sums: Float64Array
}

export async function trainMapReduce(
  context: Context,
  data: Data,
  options: RecommendOptions,
  folder: string,
  { onIteration, signal }: TrainingHooks,
): Promise<TrainedFactors> {
  const settings = modelSettings('mapreduce', options)
  const job = new MapReduce(context, rankedRatings(data, settings), settings, folder, signal)
  await job.prepare()
  const measured: { seconds: number; movedBytes: number; networkBytes: number; diskBytes: number }[] = []
  const loss: number[] = []
  for (let iteration = 1; iteration <= settings.iterations; iteration++) {
    const before = job.traffic()
    const started = performance.now()
    loss.push(await job.iterate())
    const seconds = (performance.now() - started) / 1000
    const after = job.traffic()
    measured.push({
      seconds,
      movedBytes: after.movedBytes - before.movedBytes,
      networkBytes: after.networkBytes - before.networkBytes,
      diskBytes: after.diskBytes - before.diskBytes,
    })
    onIteration({ iteration, iterations: settings.iterations, loss: loss.at(-1)!, seconds })
  }
  const mean = (of: (one: (typeof measured)[number]) => number) =>
    measured.reduce((sum, one) => sum + of(one), 0) / measured.length
  return {
    factors: await job.factors(),
    loss,
    secondsPerIteration: mean(({ seconds }) => seconds),
    movedBytes: mean(({ movedBytes }) => movedBytes),
    networkBytes: mean(({ networkBytes }) => networkBytes),
    diskBytes: mean(({ diskBytes }) => diskBytes),
    kernel: job.kernel,
    settings,
    warnings: [],
  }
}

class MapReduce {
  readonly kernel: KernelVariant
  readonly #context: Context
  readonly #ratings: RankedRatings
  readonly #settings: ALSSettings
  readonly #folder: string
  readonly #signal: AbortSignal
  readonly #partitions: number
  readonly #constants: Broadcast<ReduceConstants>
  readonly #users: Side
  readonly #items: Side
  #step = 0
  #fileBytes = 0

  constructor(context: Context, ratings: RankedRatings, settings: ALSSettings, folder: string, signal: AbortSignal) {
    this.#context = context
    this.#ratings = ratings
    this.#settings = settings
    this.#folder = folder
    this.#signal = signal
    this.kernel = settings.kernel === 'auto' ? chooseKernel(context.executors()) : settings.kernel
    this.#partitions = settings.partitions ?? context.executors().reduce((sum, { cores }) => sum + cores, 0)
    const bytes = this.kernel === 'f64' ? new Uint8Array(0) : kernelBytes()
    this.#constants = context.broadcast({ settings, kernel: this.kernel, kernelBytes: bytes, alpha: ratings.alpha })
    this.#users = { name: 'users', count: ratings.userCounts.length, folder: '', sums: new Float64Array(0) }
    this.#items = { name: 'items', count: ratings.itemCounts.length, folder: '', sums: new Float64Array(0) }
  }

  get #ratingsFile(): string {
    return join(this.#folder, 'ratings.tsv')
  }

  /** What lies in the distributed file system before the first iteration: ratings and start vectors. */
  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    await writeRatings(this.#ratings, this.#ratingsFile)
    await this.#start(this.#users, this.#ratings.userCounts, this.#settings.seed)
    await this.#start(this.#items, this.#ratings.itemCounts, this.#settings.seed + 7919)
    await this.#readSums(this.#items)
  }

  /** Users from items, items from users; the loss comes with the sums. */
  async iterate(): Promise<number> {
    await this.#half(this.#users, this.#items)
    await this.#half(this.#items, this.#users)
    const { factors, unobservedWeight } = this.#settings
    const size = factors * factors
    const [users, items] = [this.#users.sums, this.#items.sums]
    let cross = 0
    for (let i = 0; i < size; i++) cross += users[i]! * items[i]!
    return items[size]! + unobservedWeight * cross + users[size + 1]! + items[size + 1]!
  }

  /** Running totals; files that jobs read and write are counted here, shuffles by the engine. */
  traffic() {
    const { movedBytes, networkBytes, diskBytes } = this.#context.metrics()
    return { movedBytes, networkBytes, diskBytes: diskBytes + this.#fileBytes }
  }

  async factors() {
    const width = this.#settings.factors
    return {
      users: await readFactorFiles(this.#users.folder, this.#users.count * width, this.kernel),
      items: await readFactorFiles(this.#items.folder, this.#items.count * width, this.kernel),
    }
  }

  async #start(side: Side, counts: Int32Array, seed: number): Promise<void> {
    await using _scope = this.#context.scope()
    const [constants, rowCounts, partitions] = [this.#constants, this.#context.broadcast(counts), this.#partitions]
    side.folder = join(this.#folder, `${side.name}-0`)
    await this.#context
      .range(0, partitions, { partitions })
      .mapPartitionsWithIndex((partition, _, task) =>
        startLines(partition, partitions, rowCounts.value, seed, constants.value, task),
      )
      .saveAsTextFile(side.folder, { signal: this.#signal })
  }

  /** One job: map ratings and vectors to reducers, solve there, write; then a small job that reads the sums back. */
  async #half(own: Side, fixed: Side): Promise<void> {
    await using _scope = this.#context.scope()
    const context = this.#context
    const [constants, partitions, ownCount, fixedCount] = [this.#constants, this.#partitions, own.count, fixed.count]
    const size = this.#settings.factors ** 2
    const gram = context.broadcast(fixed.sums.slice(0, size).map((value) => value * this.#settings.unobservedWeight))
    const owner = partitionOfBlock(partitions, ownCount)
    const isUserSide = own.name === 'users'
    const ratings = context
      .textFile(this.#ratingsFile, partitions)
      .mapPartitions((lines) => scatterRatings(lines, isUserSide, owner, partitions))
      .partitionBy(indexPartitioner(partitions))
    const everywhere = context
      .textFile(fixed.folder, partitions)
      .mapPartitions((lines) => shuffleVectors(lines, constants.value, 'all', partitions))
      .partitionBy(indexPartitioner(partitions))
    const home = context
      .textFile(own.folder, partitions)
      .mapPartitions((lines) => shuffleVectors(lines, constants.value, owner, partitions))
      .partitionBy(indexPartitioner(partitions))
    const target = join(this.#folder, `${own.name}-${++this.#step}`)
    await ratings
      .zipPartitions(everywhere, (entries, vectors) => [{ entries: [...entries], fixed: [...vectors] }])
      .zipPartitions(home, (joined, vectors, task) =>
        solvePartition(
          [...joined][0]!,
          [...vectors],
          { gram: gram.value, partitions, ownCount, fixedCount },
          constants.value,
          task,
        ),
      )
      .saveAsTextFile(target, { signal: this.#signal })
    this.#fileBytes +=
      (await bytesOf(this.#ratingsFile)) +
      (await bytesOf(fixed.folder)) +
      (await bytesOf(own.folder)) +
      (await bytesOf(target))
    await rm(own.folder, { recursive: true })
    own.folder = target
    await this.#readSums(own)
  }

  async #readSums(side: Side): Promise<void> {
    const lines = await this.#context
      .textFile(side.folder)
      .filter((line) => line.startsWith('sums'))
      .collect({ signal: this.#signal })
    this.#fileBytes += await bytesOf(side.folder)
    side.sums = joinSubtrees(readSums(lines)) ?? new Float64Array(this.#settings.factors ** 2 + 2)
  }
}

async function bytesOf(path: string): Promise<number> {
  const found = await stat(path)
  if (found.isFile()) return found.size
  const sizes = await Promise.all((await readdir(path)).map(async (name) => (await stat(join(path, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
