/** Blocks that come from another executor, larger than one request and larger than memory. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { DiskError } from '../../src/base/errors.ts'
import type { ExecutorId } from '../../src/base/ids.ts'
import { checksum } from '../../src/codec/checksum.ts'
import { BlockDamaged, fetchBlock, fetchedBytes } from '../../src/executor/fetch-block.ts'
import type { PeerMessage } from '../../src/protocol/messages.ts'
import { BlockClient } from '../../src/shuffle/block-client.ts'
import { PagePool } from '../../src/storage/page-pool.ts'
import { memoryChannelPair } from '../../src/transport/memory-channel.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridify-fetch-'))
afterAll(() => rmSync(folder, { recursive: true }))

const block = Uint8Array.from({ length: 2 * fetchedBytes + 1000 }, (_, i) => (i * 7) ^ (i >>> 9))

/** A client of one peer that holds `block`, and the sizes that it was asked for. */
function clientOfPeer(): { client: BlockClient; asked: number[] } {
  const asked: number[] = []
  const client = new BlockClient(async () => {
    const [mine, theirs] = memoryChannelPair()
    theirs.onMessage((message) => {
      const { request, offset, bytes } = message as Extract<PeerMessage, { type: 'fetch' }>
      asked.push(bytes)
      theirs.send({
        type: 'part',
        request,
        bytes: block.slice(offset, offset + bytes),
        compression: 'none',
      } satisfies PeerMessage)
    })
    return mine
  }, systemClock)
  return { client, asked }
}

const wanted = (offset: number, bytes: number) => ({
  executor: 'there' as ExecutorId,
  block: 'shuffle-1-2',
  offset,
  bytes,
  checksum: checksum(block.subarray(offset, offset + bytes)),
})

test('a block larger than one request comes in several, into pages where they are free', async () => {
  const { client, asked } = clientOfPeer()
  const pool = PagePool.create(16 * 2 ** 20)
  const bytes = 2 * fetchedBytes + 992
  const held = await fetchBlock(client, wanted(8, bytes), pool, () => join(folder, 'none'))
  expect(asked).toEqual([fetchedBytes, fetchedBytes, 992])
  if (held.kind !== 'place' || held.place.kind !== 'memory') throw new Error('it is not in pages')
  expect(Buffer.compare(pool.view(held.place.region), block.subarray(8, 8 + bytes))).toBe(0)
})

test.each([1000, 2 * fetchedBytes + 992])(
  'a block of %i bytes goes into a file where no page is free',
  async (bytes) => {
    const { client } = clientOfPeer()
    const pool = PagePool.create(65_536)
    pool.allocate(65_536, 3)
    const path = join(folder, `${bytes}`)
    const held = await fetchBlock(client, wanted(8, bytes), pool, () => path)
    expect(held).toEqual({ kind: 'place', place: { kind: 'disk', path, bytes }, offset: 0, bytes })
    expect(Buffer.compare(readFileSync(path), block.subarray(8, 8 + bytes))).toBe(0)
    rmSync(path)
  },
)

test('a block that comes damaged, or that has no place, leaves nothing behind', async () => {
  const { client } = clientOfPeer()
  const pool = PagePool.create(65_536)
  const large = wanted(0, 2 * fetchedBytes)
  await expect(fetchBlock(client, { ...large, checksum: 1 }, pool, () => join(folder, 'damaged'))).rejects.toThrow(
    new BlockDamaged('block shuffle-1-2 arrived damaged from executor there'),
  )
  await expect(fetchBlock(client, large, pool, () => join(folder, 'missing', 'file'))).rejects.toThrow(DiskError)
  expect({ files: readdirSync(folder), pages: pool.usedBytes }).toEqual({ files: [], pages: 0 })
})
