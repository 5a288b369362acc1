import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PartitionQueue } from '../../src/scheduler/partition-queue.ts'

test('it holds what a Set would, in the same order, through any changes', () => {
  const change = fc.record({ add: fc.boolean(), partition: fc.nat(3000) })
  fc.assert(
    fc.property(fc.nat(3000), fc.nat(3000), fc.array(change, { maxLength: 200 }), (count, gone, changes) => {
      const partitions = Array.from({ length: count }, (_, partition) => partition)
      const queue = new PartitionQueue(partitions)
      const set = new Set(partitions)
      // Enough of them for a copy without holes.
      for (let partition = 0; partition < gone; partition++) for (const each of [queue, set]) each.delete(partition)
      for (const { add, partition } of changes)
        for (const each of [queue, set])
          if (add) each.add(partition)
          else each.delete(partition)
      expect([...queue]).toEqual([...set])
      expect([queue.size, queue.has(7)]).toEqual([set.size, set.has(7)])
    }),
  )
})

test('a walk goes on over what is deleted and added meanwhile', () => {
  const queue = new PartitionQueue([0, 1, 2, 3])
  const seen: number[] = []
  for (const partition of queue) {
    seen.push(partition)
    queue.delete(partition)
    if (partition === 1) queue.delete(2)
    if (partition === 3) queue.add(0)
    if (seen.length > 9) break
  }
  expect({ seen, left: [...queue] }).toEqual({ seen: [0, 1, 3, 0], left: [] })
})
