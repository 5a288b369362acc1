import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Region } from '../../src/base/region.ts'
import { firstSlotOwner, pageBytes, PagePool, storeOwner } from '../../src/storage/page-pool.ts'

const pages = 32
const slot = firstSlotOwner
const pool = (granted = pages) => PagePool.create(pages * pageBytes, granted * pageBytes)

/** The first page of a free run in a plain list of owners: what the pool must find with all its hints. */
function firstRun(owners: readonly number[], count: number, granted: number): number {
  for (let start = 0; start + count <= granted; start++)
    if (owners.slice(start, start + count).every((owner) => owner === 0)) return start
  return -1
}

test('a freed run is taken again before pages that were never used', () => {
  const memory = pool()
  const regions = [1, 1, 3, 1].map((count) => memory.allocate(count * pageBytes, slot))
  memory.free(regions[1]!)
  memory.free(regions[2]!)
  expect([4, 5, 1].map((count) => memory.tryAllocate(count * pageBytes, slot)?.offset)).toEqual([
    pageBytes,
    6 * pageBytes,
    11 * pageBytes,
  ])
})

test('what an owner has left is freed with it, and nothing that it gave away', () => {
  const memory = pool()
  const kept = memory.allocate(2 * pageBytes, slot)
  memory.allocate(3 * pageBytes, slot)
  memory.give(kept, storeOwner)
  memory.freeOwner(slot)
  expect(memory.usedBytes).toBe(2 * pageBytes)
  memory.free(kept)
  expect(memory.usedBytes).toBe(0)
  expect(() => memory.free(kept)).toThrow('region at 0 was freed twice')
})

test('only granted pages are taken, and a grant may grow', () => {
  const memory = pool(4)
  expect(memory.tryAllocate(5 * pageBytes, slot)).toBeUndefined()
  expect(() => memory.allocate(5 * pageBytes, slot)).toThrow(
    "no run of 20480 bytes is free in the executor's memory (0 of 16384 bytes are taken)",
  )
  memory.grant(5 * pageBytes)
  expect(memory.tryAllocate(5 * pageBytes, slot)).toEqual({ offset: 0, bytes: 5 * pageBytes })
})

test('it takes, frees and gives as a plain list of owners does', () => {
  const step = fc.tuple(
    fc.constantFrom('take', 'take', 'free', 'give', 'end'),
    fc.nat(11),
    fc.integer({ min: 3, max: 5 }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 20, max: pages }), (steps, granted) => {
      const memory = pool(granted)
      const owners = Array<number>(pages).fill(0)
      let held: Region[] = []
      for (const [kind, number, owner] of steps) {
        const region = held[number % Math.max(1, held.length)]
        const start = region ? region.offset / pageBytes : 0
        const count = region ? region.bytes / pageBytes : 0
        if (kind === 'take') {
          const expected = firstRun(owners, number + 1, granted)
          const taken = memory.tryAllocate((number + 1) * pageBytes, owner)
          expect(taken?.offset ?? -pageBytes).toBe(expected * pageBytes)
          if (!taken) continue
          held.push(taken)
          owners.fill(owner, expected, expected + number + 1)
        } else if (kind === 'free' && region) {
          memory.free(region)
          owners.fill(0, start, start + count)
          held = held.filter((other) => other !== region)
        } else if (kind === 'give' && region) {
          memory.give(region, owner)
          owners.fill(owner, start, start + count)
        } else if (kind === 'end') {
          memory.freeOwner(owner)
          held = held.filter(({ offset }) => owners[offset / pageBytes] !== owner)
          owners.forEach((other, page) => other === owner && (owners[page] = 0))
        }
        expect(memory.usedBytes).toBe(owners.filter((other) => other !== 0).length * pageBytes)
      }
    }),
  )
})

test('the table of a thread that died while it held the lock is put right', () => {
  const memory = pool()
  memory.allocate(2 * pageBytes, storeOwner)
  const dying = PagePool.attach(memory.handle, slot)
  dying.allocate(3 * pageBytes, slot)
  // As though it had been ended between taking the lock and counting its pages.
  const words = new Int32Array(memory.handle.control)
  words[0] = slot
  words[1] = 9
  memory.freeDead(slot)
  expect(memory.usedBytes).toBe(2 * pageBytes)
  expect(memory.allocate(pageBytes, slot)).toEqual({ offset: 2 * pageBytes, bytes: pageBytes })
})
