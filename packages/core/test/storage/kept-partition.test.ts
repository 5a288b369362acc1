import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { StorageLevel } from '../../src/base/storage-level.ts'
import { SegmentBuilder, readSegment } from '../../src/codec/segment.ts'
import { fileSegments } from '../../src/storage/file-blocks.ts'
import { KeptPartition } from '../../src/storage/kept-partition.ts'
import { firstSlotOwner, PagePool } from '../../src/storage/page-pool.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridify-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const mebi = 2 ** 20
const piece = (number: number) => new Uint8Array(mebi / 2).fill(number)
let files = 0

function keeping(pool: PagePool, level: StorageLevel): KeptPartition {
  return new KeptPartition({
    pool,
    level,
    allocate: (bytes) => pool.tryAllocate(bytes, firstSlotOwner),
    nextPath: () => join(folder, `${++files}.block`),
  })
}

test('pieces become one run of pages, and pages behind its end are free again', () => {
  const pool = PagePool.create(16 * mebi)
  const kept = keeping(pool, 'memory')
  for (const number of [1, 2, 3, 4, 5]) kept.add(piece(number))
  kept.add(Uint8Array.of(6))
  const place = kept.finish()
  if (place?.kind !== 'memory') throw new Error('it fits in memory')
  expect(place.region.bytes).toBe(2.5 * mebi + 1)
  expect(pool.usedBytes).toBe(2.5 * mebi + 4096)
  expect([...pool.view(place.region)].filter((_, i) => i % (mebi / 2) === 0)).toEqual([1, 2, 3, 4, 5, 6])
})

test('a partition that outgrows the pages goes on in a file, and gives its pages back', () => {
  const pool = PagePool.create(2 * mebi)
  const kept = keeping(pool, 'memory-and-disk')
  for (const number of [1, 2, 3, 4, 5]) kept.add(piece(number))
  const place = kept.finish()
  if (place?.kind !== 'disk') throw new Error('it does not fit in memory')
  const bytes = readFileSync(place.path)
  expect([place.bytes, bytes.length, pool.usedBytes]).toEqual([2.5 * mebi, 2.5 * mebi, 0])
  expect([...bytes].filter((_, i) => i % (mebi / 2) === 0)).toEqual([1, 2, 3, 4, 5])
})

test('a partition of level memory that outgrows the pages is not kept, one that is given up leaves nothing', () => {
  const pool = PagePool.create(2 * mebi)
  const kept = keeping(pool, 'memory')
  for (const number of [1, 2, 3, 4, 5]) kept.add(piece(number))
  expect(kept.finish()).toBeUndefined()
  const onDisk = keeping(pool, 'disk')
  for (const number of [1, 2, 3]) onDisk.add(piece(number))
  const path = join(folder, `${files}.block`)
  expect(existsSync(path)).toBe(true)
  onDisk.discard()
  expect([pool.usedBytes, readdirSync(folder).includes(`${files}.block`)]).toEqual([0, false])
})

test('blocks in a file are read a stretch at a time, a block larger than a stretch in one', () => {
  const pool = PagePool.create(mebi)
  const kept = keeping(pool, 'disk')
  const rows = [
    ...Array.from({ length: 3000 }, (_, i) => `${i}${'y'.repeat(500)}`),
    'z'.repeat(3 * mebi),
    ...Array.from({ length: 3000 }, (_, i) => `${i}${'w'.repeat(500)}`),
  ]
  const builder = new SegmentBuilder((part) => kept.add(part))
  builder.pushAll(rows)
  builder.flush()
  const place = kept.finish()
  if (place?.kind !== 'disk') throw new Error('its level is disk')
  const segments = [...fileSegments(place.path, 0, place.bytes)].map((bytes) => [...readSegment(bytes)].flat())
  expect(segments.length).toBeGreaterThan(2)
  expect(segments.flat()).toEqual(rows)
})
