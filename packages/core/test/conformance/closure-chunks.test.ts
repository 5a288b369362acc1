/** What a large captured value costs on the wire: counted from the messages that the driver really sends. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { resolveConfig } from '../../dist/base/config.js'
import { startCluster } from '../../dist/cluster/start-cluster.js'
import { startMemoryCluster } from '../../dist/cluster/memory-cluster.js'
import type { Cluster } from '../../dist/cluster/cluster.js'
import { Context } from '../../dist/driver/context.js'
import type { DriverMessage } from '../../dist/protocol/messages.js'

interface Sent {
  readonly executor: string
  readonly message: DriverMessage
}

/** A context that notes what its driver says to executors. */
async function listened(cluster: Cluster): Promise<{ context: Context; sent: Sent[] }> {
  const sent: Sent[] = []
  const executors = cluster.executors.map((executor) => ({
    ...executor,
    channel: new Proxy(executor.channel, {
      get(channel, key) {
        const value: unknown = Reflect.get(channel, key)
        if (key !== 'send' && key !== 'sendSoon')
          return typeof value === 'function' ? (value.bind(channel) as unknown) : value
        return (message: DriverMessage) => {
          sent.push({ executor: executor.id, message })
          channel.send(message)
        }
      },
    }),
  }))
  const context = await new Context(resolveConfig({ onLog: () => {} }), { ...cluster, executors }).connect()
  return { context, sent }
}

const chunksTo = (sent: readonly Sent[], executor: string) =>
  sent.flatMap(({ executor: to, message }) => (to === executor && message.type === 'chunks' ? message.chunks : []))
const bytesOf = (chunks: readonly { readonly bytes: Uint8Array }[]) =>
  chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
/** Captured bytes that travel in other messages than chunks. */
const bytesBeside = (sent: readonly Sent[]) =>
  sent.reduce(
    (sum, { message }) => (message.type === 'stage' ? sum + JSON.stringify(message, bytesAsSpaces).length : sum),
    0,
  )
const bytesAsSpaces = (_: string, value: unknown) => (value instanceof Uint8Array ? ' '.repeat(value.length) : value)

const folder = mkdtempSync(join(tmpdir(), 'gridify-chunks-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(['memory[2]', 'local[2]', 'local-cluster[2,1]'])('%s', (master) => {
  const megabyte = 2 ** 20
  const table = Float64Array.from({ length: (2 * megabyte) / 8 }, (_, i) => i % 1013)
  const start = async () => listened(await startCluster(resolveConfig({ master })))

  test('an array of 2 MiB in twenty jobs goes to each executor once', async () => {
    const { context, sent } = await start()
    const numbers = context.range(0, 40, { partitions: 4 })
    const sums: number[] = []
    for (let round = 0; round < 20; round++) sums.push(await numbers.map((n) => table[n * 1013 + n]! + round).sum())
    await context.stop()
    expect(sums).toEqual(Array.from({ length: 20 }, (_, round) => 780 + 40 * round))
    const executors = new Set(sent.map(({ executor }) => executor))
    for (const executor of executors) {
      const chunks = chunksTo(sent, executor)
      expect(new Set(chunks.map(({ hash }) => hash)).size).toBe(chunks.length)
      expect(bytesOf(chunks)).toBeLessThanOrEqual(2 * megabyte + 1000)
    }
    const all = [...executors].map((executor) => bytesOf(chunksTo(sent, executor)))
    expect(Math.max(...all)).toBeGreaterThan(2 * megabyte - 1000)
    // Mostly the lists of chunks: 20 jobs of less than 4 KB for each executor.
    expect(bytesBeside(sent)).toBeLessThan(80_000 * executors.size)
  })

  test('another function with the same values sends none of them, and a change sends the chunk that it is in', async () => {
    const { context, sent } = await start()
    const rows = Array.from({ length: 6000 }, (_, i) => ({ id: i, name: `row number ${i}` }))
    const numbers = context.range(0, 4, { partitions: 4 })
    await numbers.map((n) => rows[n]!.id).sum()
    const first = sent.length
    const other = { rows: 'elsewhere' }
    const names = await numbers.filter((n) => other.rows.length + rows[n]!.id > 0).map((n) => rows[n]!.name).collect() // prettier-ignore
    const second = sent.length
    rows[2] = { id: 2, name: 'changed' }
    const changed = await numbers.map((n) => rows[n]!.name).collect()
    await context.stop()
    expect(names).toEqual(['row number 0', 'row number 1', 'row number 2', 'row number 3'])
    expect(changed).toEqual(['row number 0', 'row number 1', 'changed', 'row number 3'])
    const whole = bytesOf(sent.slice(0, first).flatMap(({ message }) => (message.type === 'chunks' ? message.chunks : []))) // prettier-ignore
    expect(whole).toBeGreaterThan(150_000)
    // An executor that the first job left out gets all of it with a later one.
    for (const executor of new Set(sent.map((each) => each.executor)))
      if (chunksTo(sent.slice(0, first), executor).length > 0) {
        expect(chunksTo(sent.slice(first, second), executor)).toEqual([])
        const last = chunksTo(sent.slice(second), executor)
        expect(last.length).toBeLessThanOrEqual(2)
      }
  })

  test.skipIf(master.startsWith('memory'))('a slot that dies is told again what it needs', async () => {
    const { context } = await start()
    const marker = join(folder, `${master} was here`)
    const exists = existsSync
    const write = writeFileSync
    const found = await context
      .range(0, 4, { partitions: 4 })
      .map((n) => {
        if (n === 3 && !exists(marker)) {
          write(marker, '')
          process.exit(1)
        }
        return table[1013 + n]!
      })
      .collect()
    await context.stop()
    expect(found).toEqual([0, 1, 2, 3])
  })
})

test('an executor that takes over from a lost one is sent what it lacks', async () => {
  const cluster = startMemoryCluster(2, resolveConfig({}))
  const { context, sent } = await listened(cluster)
  const table = Float64Array.from({ length: 50_000 }, (_, i) => i)
  const one = context.range(5, 6, { partitions: 1 })
  expect(await one.map((n) => table[n]!).collect()).toEqual([5])
  const [first] = new Set(sent.flatMap(({ executor, message }) => (message.type === 'run' ? [executor] : [])))
  cluster.crash(first!)
  expect(await one.map((n) => table[n]! * 2).collect()).toEqual([10])
  await context.stop()
  const other = cluster.executors.find(({ id }) => id !== first)!.id
  expect(bytesOf(chunksTo(sent, first!))).toBe(bytesOf(chunksTo(sent, other)))
  expect(bytesOf(chunksTo(sent, other))).toBeGreaterThan(400_000)
})

test('what no dataset needs any more is let go of, beyond 64 MiB, and sent again where it is needed again', async () => {
  const { context, sent } = await listened(startMemoryCluster(1, resolveConfig({})))
  const numbers = context.range(0, 3, { partitions: 1 })
  const tables = [1, 2, 3].map((round) => new Float64Array((30 * 2 ** 20) / 8).map((_, i) => round * i))
  const found: number[][] = []
  for (const table of [...tables, tables[0]!, tables[2]!]) found.push(await numbers.map((n) => table[n]!).collect())
  await context.stop()
  expect(found).toEqual([
    [0, 1, 2],
    [0, 2, 4],
    [0, 3, 6],
    [0, 1, 2],
    [0, 3, 6],
  ])
  const sentBytes = bytesOf(chunksTo(sent, 'memory-1'))
  expect(sentBytes).toBeGreaterThan(95 * 2 ** 20)
  expect(sentBytes).toBeLessThan(121 * 2 ** 20)
  const held = new Map<string, number>()
  for (const { message } of sent) {
    if (message.type === 'chunks') for (const { hash, bytes } of message.chunks) held.set(hash, bytes.length)
    if (message.type === 'drop') for (const hash of message.chunks) held.delete(hash)
  }
  expect([...held.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(64 * 2 ** 20)
})
