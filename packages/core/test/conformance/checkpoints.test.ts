/** Checkpoints in a shared folder: written once per partition, cut off, there as long as they are needed. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createContext, indexPartitioner, UsageError, type Context } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'gridify-checkpoints-'))
afterAll(() => rmSync(folder, { recursive: true }))

class Point {
  readonly x: number
  constructor(x: number) {
    this.x = x
  }
  twice() {
    return this.x * 2
  }
}

describe.each(['memory[2]', 'local[2]', 'local-cluster[2,1]'])('%s', (master) => {
  const checkpointDir = join(folder, master)
  let context: Context
  beforeAll(async () => {
    context = await createContext({ master, checkpointDir: pathToFileURL(checkpointDir).href })
  })
  afterAll(() => context.stop())
  const pairs = () => context.range(0, 12, { partitions: 3 }).map((n) => [n % 4, n])
  const below = (path: string) => readdirSync(path).sort()

  test('partitions, their order and the partitioner stay, and nothing is computed twice', async () => {
    const runs = context.accumulator()
    const made = pairs()
      .mapValues((n) => (runs.add(1), n))
      .partitionBy(indexPartitioner(4))
    const cut = await made.checkpoint()
    const expected = [0, 1, 2, 3].map((key) => [0, 4, 8].map((n) => [key, n + key]))
    expect(await cut.glom().collect()).toEqual(expected)
    expect(
      await cut
        .reduceByKey((a, b) => a + b)
        .assertNarrow()
        .values()
        .collect(),
    ).toEqual([12, 15, 18, 21])
    expect([await cut.take(1), await cut.lookup(2), runs.value]).toEqual([[[0, 0]], [2, 6, 10], 12])
    expect({ from: cut.dependencies(), id: cut.id }).toEqual({ from: [], id: made.id })
    expect(below(cut.getCheckpointFile()!)).toEqual([
      '_SUCCESS',
      ...[0, 1, 2, 3].map((partition) => `part-0000${partition}.objects`),
    ])
    expect(made.getCheckpointFile()).toBeUndefined()
  })
  test('the plan says where it lies, and what is kept on executors stays', async () => {
    const kept = pairs()
      .reduceByKey((a, b) => a + b, 2)
      .setName('sums')
      .cache()
    const cut = await kept.checkpoint()
    const file = cut.getCheckpointFile()!
    expect(
      cut
        .explain()
        .replace(file, 'FOLDER')
        .replaceAll(/ at \S+:\d+:\d+/g, ''),
    ).toBe("stage 1: 2 partitions -> result\n  'sums' checkpoint() [by hash into 2; in FOLDER; kept: memory, held]")
    rmSync(file, { recursive: true })
    expect((await cut.collect()).sort()).toEqual([
      [0, 12],
      [1, 15],
      [2, 18],
      [3, 21],
    ])
    cut.unpersist()
    await expect(cut.collect()).rejects.toBeInstanceOf(UsageError)
    await expect(cut.collect()).rejects.toThrow(/^checkpoint\(\) at \S+: .*part-0000\d\.objects/)
  })
  test('an attempt that fails leaves nothing, and of two that write one counts', async () => {
    const failing = pairs().mapPartitions(function* (rows, task) {
      for (const row of rows) {
        yield row
        if (task.attempt === 0 && task.partition < 2) throw new Error('at first')
      }
    })
    const cut = await failing.checkpoint()
    expect([await cut.count(), below(cut.getCheckpointFile()!).length]).toEqual([12, 4])
    const before = below(join(checkpointDir, below(checkpointDir)[0]!))
    const never = pairs().map((): number => {
      throw new Error('always')
    })
    await expect(never.checkpoint()).rejects.toThrow('Error: always')
    // Folders of checkpoints that nothing refers to any more may go at any time.
    expect(below(join(checkpointDir, below(checkpointDir)[0]!)).filter((name) => !before.includes(name))).toEqual([])
  })
  test('files that are read, and instances of classes, are checkpointed like any rows', async () => {
    const lines = join(folder, `lines of ${master}`)
    await context.range(0, 4, { partitions: 2 }).saveAsTextFile(lines)
    const read = context.textFile(lines)
    const cut = await read.checkpoint()
    rmSync(join(lines, 'part-00000'))
    expect(await cut.collect()).toEqual(['0', '1', '2', '3'])
    await expect(read.collect()).rejects.toThrow('part-00000')
    const points = await context
      .parallelize([1, 2, 3], 2)
      .map((x) => new Point(x))
      .checkpoint()
    expect(await points.map((point) => point.twice()).sum()).toBe(12)
  })
  test('a checkpoint goes with the scope in which it was made, and a loop stays constant in size', async () => {
    const sizes: number[] = []
    let state = await pairs().checkpoint()
    const own = below(checkpointDir)[0]!
    for (let step = 0; step < 3; step++) {
      const scope = context.scope()
      const next = await state.mapValues((n) => n + 1).checkpoint()
      sizes.push(await next.values().sum())
      const file = next.getCheckpointFile()!
      scope[Symbol.dispose]()
      while (existsSync(file)) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(sizes).toEqual([78, 78, 78])
    state = await state.mapValues((n) => n + 1).checkpoint()
    expect(await state.values().sum()).toBe(78)
    expect(below(join(checkpointDir, own)).length).toBeLessThan(12)
  })
  test('a context that stops takes its checkpoints along, and nothing else', async () => {
    const other = await createContext({ master, checkpointDir })
    await other.range(0, 4).checkpoint()
    expect(below(checkpointDir).length).toBe(2)
    await other.stop()
    expect(below(checkpointDir).length).toBe(1)
  })
})

test('a checkpoint survives the loss of every executor that took part in making it', async () => {
  const checkpointDir = join(folder, 'lost')
  const context = await createContext({
    master: 'local-cluster[3,1]',
    checkpointDir,
    onLog: () => {},
    localityWaitMs: 0,
  })
  const [first, second, third] = context.executors().map(({ id }) => id)
  const on =
    (...ids: string[]) =>
    (partition: number) => [ids[partition % ids.length]!]
  const runs = context.accumulator()
  const made = context
    .source(4, (partition) => [partition], { preferredLocations: on(first!, second!) })
    .map((n) => [n % 2, (runs.add(1), n)])
    .reduceByKey((a, b) => a + b, 2)
    .cache()
  const cut = await made.checkpoint()
  const before = await cut.collect()
  const die = (id: string) =>
    context
      .source(1, () => process.kill(process.pid, 'SIGKILL') as never, { preferredLocations: [[id]] })
      .count()
      .catch((error: unknown) => (error as Error).message)
  // Each of them takes the next one along, until none is left.
  const message = await die(third!)
  expect(message).toContain('no executor is left to run the job on')
  expect(context.executors()).toEqual([])
  // A new program reads what the driver, still alive, has not removed.
  await using other = await createContext({ master: 'local[1]' })
  expect(await other.objectFile<[number, number]>(cut.getCheckpointFile()!).collect()).toEqual(before)
  expect(runs.value).toBe(4)
  await context.stop()
  expect(readdirSync(checkpointDir)).toEqual([])
})

test('executors that held it are killed for real, and the rest read the files', async () => {
  await using context = await createContext({
    master: 'local-cluster[3,1]',
    checkpointDir: join(folder, 'killed'),
    onLog: () => {},
    localityWaitMs: 60_000,
  })
  const [first, second, third] = context.executors().map(({ id }) => id)
  const runs = context.accumulator()
  const made = context
    .source(4, (partition) => [partition], { preferredLocations: (p) => [p % 2 === 0 ? first! : second!] })
    .map((n) => (runs.add(1), n * 10))
    .cache()
  const cut = await made.checkpoint()
  expect(await cut.preferredLocations(1)).toEqual([second])
  const killed = context
    .source(2, (_, task) => (task.attempt === 0 ? (process.kill(process.pid, 'SIGKILL') as never) : [1]), {
      preferredLocations: [[first!], [second!]],
    })
    .count()
  expect(await killed).toBe(2)
  expect(context.executors().map(({ id }) => id)).toEqual([third])
  expect([await cut.collect(), runs.value]).toEqual([[0, 10, 20, 30], 4])
})
