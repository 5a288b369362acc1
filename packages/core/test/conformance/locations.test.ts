/** Tasks run where their sources say that they lie. */
import { createContext } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

describe.each(['memory[2]', 'local[2]', 'local-cluster[2,1]'])('%s', (master) => {
  let context: Awaited<ReturnType<typeof createContext>>
  beforeAll(async () => {
    // Nothing gives up waiting for its executor in here.
    context = await createContext({ master, localityWaitMs: 60_000 })
  })
  afterAll(() => context.stop())
  const ids = () => context.executors().map(({ id }) => id)

  test('by the ids of executors, in whichever order', async () => {
    const wanted = [1, 0, 0, 1, 1, 1].map((number) => ids()[number % ids().length]!)
    const whereabouts = context.source(6, (_, task) => [task.executor], { preferredLocations: (p) => [wanted[p]!] })
    const parallel = context
      .parallelize([...'abcdef'], { partitions: 6, preferredLocations: wanted.map((id) => [id]) })
      .mapPartitions((rows, task) => [[...rows, task.executor].join(' ')])
    // Executors call themselves otherwise than the driver calls them, but not twice alike.
    const found = await whereabouts.collect()
    const names = new Map(wanted.map((id, i) => [id, found[i]!]))
    expect(new Set(names.values()).size).toBe(ids().length)
    expect(found).toEqual(wanted.map((id) => names.get(id)))
    expect(await parallel.collect()).toEqual(wanted.map((id, i) => `${'abcdef'[i]} ${names.get(id)}`))
  })
  test('by the names of hosts, which executors tell; a name of none does not keep a task waiting', async () => {
    const [first] = context.executors()
    const on = (host: string) => context.source(2, () => [1], { preferredLocations: () => [host] })
    expect([await on(first!.host).count(), await on('no-such-host').count()]).toEqual([2, 2])
    expect(first!.host).toBe({ 'memory[2]': 'memory-1', 'local[2]': 'localhost' }[master] ?? '127.0.0.1')
  })
  test('a dataset tells where a partition would rather be computed, and the executor that keeps it first', async () => {
    const named = context.source(3, (partition) => [partition], { preferredLocations: [['x'], ['y', 'z'], []] })
    const kept = named.map((n) => [n, n]).cache()
    expect(await Promise.all([0, 1, 2].map((partition) => kept.preferredLocations(partition)))).toEqual([
      ['x'],
      ['y', 'z'],
      [],
    ])
    expect(await kept.union(kept).preferredLocations(4)).toEqual(['y', 'z'])
    expect((await kept.coalesce(1).preferredLocations(0)).sort()).toEqual(['x', 'y', 'z'])
    expect(await kept.reduceByKey((a, b) => a + b, 2).preferredLocations(0)).toEqual([])
    expect(await kept.sortByKey().preferredLocations(0)).toEqual([])
    await kept.count()
    for (const partition of [0, 1, 2]) {
      const [executor, ...others] = await kept.preferredLocations(partition)
      expect({ known: ids().includes(executor!), others }).toEqual({ known: true, others: [] })
    }
    await expect(named.preferredLocations(3)).rejects.toThrow(
      /^preferredLocations\(\) at \S+ needs a partition from 0 to 2, got 3$/,
    )
  })
  test('what is no list of names for each partition is refused', () => {
    const given = (preferredLocations: unknown) => () =>
      context.source(2, () => [1], { preferredLocations: preferredLocations as never })
    expect(given([['a']])).toThrow(
      /^source\(\) at \S+: `preferredLocations` must be a list of host names or executor ids for each partition, or a function that returns one; got 1 lists for 2 partitions$/,
    )
    expect(given(() => 'a')).toThrow("partition 0 has 'a'")
    expect(given([['a'], [7]])).toThrow('partition 1 has [ 7 ]')
    expect(given('ab')).toThrow("got 'ab'")
    expect(() => context.parallelize([1], { partition: 2 } as never)).toThrow('did you mean `partitions`?')
  })
})
