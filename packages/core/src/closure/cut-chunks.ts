/**
 * Cuts bytes where their content says so, not at fixed places: a change, also one that makes them longer, changes the
 * chunk around it and leaves the others. FastCDC by Xia and others, USENIX ATC 2016, with one mask.
 */

import { randomStream } from '../base/random.ts'

/** No cut before and none later; on average a chunk has 64 KiB. */
const leastBytes = 32 * 1024
const mostBytes = 128 * 1024
/** A cut is where these bits of the hash are 0: one place in 32768. They are the high ones, which the last 32 bytes decide. */
const mask = 0xfffe0000 | 0

let gear: Int32Array | undefined

/** A random number for each byte, the same everywhere. */
function gearTable(): Int32Array {
  const random = randomStream(0x67656172)
  return Int32Array.from({ length: 256 }, () => (random() * 2 ** 32) | 0)
}

/** Where each chunk ends; the last at the end of the bytes. */
export function cutChunks(bytes: Uint8Array): number[] {
  const table = (gear ??= gearTable())
  const ends: number[] = []
  for (let start = 0; start < bytes.length;) {
    start = nextCut(bytes, start, table)
    ends.push(start)
  }
  return ends
}

function nextCut(bytes: Uint8Array, start: number, table: Int32Array): number {
  const most = Math.min(bytes.length, start + mostBytes)
  let hash = 0
  for (let at = start + leastBytes; at < most; at++) {
    hash = ((hash << 1) + table[bytes[at]!]!) | 0
    if ((hash & mask) === 0) return at + 1
  }
  return most
}
