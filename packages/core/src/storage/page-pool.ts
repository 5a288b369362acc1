/**
 * The memory of one executor: a shared `WebAssembly.Memory` cut into pages of 4 KiB, so that blocks of every slot and the
 * arena of the kernels are the same bytes. A table with the owner of each page is the whole book-keeping: pages of a
 * slot that died are found by its number. Taking a run is first fit under a lock, so that pages which were never written
 * (and cost nothing until then) are taken last; the critical section is microseconds.
 */

import { InternalError, OutOfMemoryError } from '../base/errors.ts'
import { sharedWasmMemory, type WasmMemory } from '../base/wasm-memory.ts'
import type { Region } from '../base/region.ts'

export const pageBytes = 4096
const wasmPageBytes = 65_536
/** Owner 0 is nobody, 1 the block store, 2 the shared regions; slots follow. */
export const storeOwner = 1
export const sharedOwner = 2
export const firstSlotOwner = 3

const owners = 256
/** Words of the control block; its bytes behind them name the owner of each page. */
const [lockWord, usedWord, grantedWord] = [0, 1, 2] as const
/** Pages of each owner: one that has none is not looked for. */
const countWord = 3
/** At k: no free run of 2^k pages or more starts before this page. */
const hintWord = countWord + owners
const hints = 21
const headerBytes = (hintWord + hints) * 4

/** What travels to a slot thread; the memory itself is shared. */
export interface PagePoolHandle {
  readonly memory: WasmMemory
  readonly control: SharedArrayBuffer
}

export class PagePool {
  readonly memory: WasmMemory
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  readonly #owners: Uint8Array
  readonly #holder: number

  private constructor(handle: PagePoolHandle, holder: number) {
    this.memory = handle.memory
    this.#bytes = new Uint8Array(handle.memory.buffer)
    this.#words = new Int32Array(handle.control, 0, headerBytes / 4)
    this.#owners = new Uint8Array(handle.control, headerBytes)
    this.#holder = holder
  }

  /** Reserves `bytes` of address space, of which `grantedBytes` may be taken; a page costs memory when it is first written. */
  static create(bytes: number, grantedBytes = bytes): PagePool {
    const wasmPages = Math.max(1, Math.floor(bytes / wasmPageBytes))
    const memory = sharedWasmMemory(wasmPages)
    const pages = (wasmPages * wasmPageBytes) / pageBytes
    const pool = new PagePool({ memory, control: new SharedArrayBuffer(headerBytes + pages) }, storeOwner)
    pool.grant(grantedBytes)
    return pool
  }

  /** `holder` is the owner for whom this thread takes pages; should it die while it holds the lock, `freeOwner` ends that. */
  static attach(handle: PagePoolHandle, holder: number): PagePool {
    return new PagePool(handle, holder)
  }

  get handle(): PagePoolHandle {
    return { memory: this.memory, control: this.#owners.buffer as SharedArrayBuffer }
  }

  /** Of the address space: what may ever be granted. */
  get limitBytes(): number {
    return this.#owners.length * pageBytes
  }

  get capacityBytes(): number {
    return Atomics.load(this.#words, grantedWord) * pageBytes
  }

  /** Bytes in pages that have an owner; counts under no lock, so it is a moment's estimate. */
  get usedBytes(): number {
    return Atomics.load(this.#words, usedWord) * pageBytes
  }

  /** Lets pages up to this address be taken; what lies beyond and is taken already stays so until it is freed. */
  grant(bytes: number): void {
    const pages = Math.max(1, Math.min(this.#owners.length, Math.floor(bytes / pageBytes)))
    Atomics.store(this.#words, grantedWord, pages)
  }

  tryAllocate(bytes: number, owner: number): Region | undefined {
    const count = pagesOf(bytes)
    this.#acquire()
    try {
      const start = this.#takeRun(count)
      if (start < 0) return undefined
      this.#owners.fill(owner, start, start + count)
      this.#words[countWord + owner]! += count
      Atomics.add(this.#words, usedWord, count)
      return { offset: start * pageBytes, bytes }
    } finally {
      this.#release()
    }
  }

  /** Whether a run of `bytes` is free at this moment. */
  fits(bytes: number): boolean {
    this.#acquire()
    try {
      return this.#takeRun(pagesOf(bytes)) >= 0
    } finally {
      this.#release()
    }
  }

  allocate(bytes: number, owner: number): Region {
    const region = this.tryAllocate(bytes, owner)
    if (region) return region
    throw new OutOfMemoryError(
      `no run of ${bytes} bytes is free in the executor's memory (${this.usedBytes} of ${this.capacityBytes} bytes are taken): ` +
        'give it more (memoryBytes, or --memory of the executor), or use more and smaller partitions',
    )
  }

  free(region: Region): void {
    const start = region.offset / pageBytes
    this.#acquire()
    try {
      const owner = this.#owners[start]!
      if (owner === 0) throw new InternalError(`region at ${region.offset} was freed twice`)
      this.#freeRun(start, pagesOf(region.bytes), owner)
    } finally {
      this.#release()
    }
  }

  /** Hands a region over, as when a task's output is committed to the store. */
  give(region: Region, owner: number): void {
    const start = region.offset / pageBytes
    const count = pagesOf(region.bytes)
    this.#acquire()
    try {
      this.#words[countWord + this.#owners[start]!]! -= count
      this.#words[countWord + owner]! += count
      this.#owners.fill(owner, start, start + count)
    } finally {
      this.#release()
    }
  }

  /** Takes back all that an owner still has: the end of a task. */
  freeOwner(owner: number): void {
    if (Atomics.load(this.#words, countWord + owner) === 0) return
    this.#acquire()
    try {
      for (let left = this.#words[countWord + owner]!, start = 0; left > 0; left = this.#words[countWord + owner]!) {
        start = this.#owners.indexOf(owner, start)
        let end = start + 1
        while (end < start + left && this.#owners[end] === owner) end++
        this.#freeRun(start, end - start, owner)
        start = end
      }
    } finally {
      this.#release()
    }
  }

  /** The cure for a slot that died, perhaps in the middle of a change to the tables. */
  freeDead(owner: number): void {
    if (Atomics.load(this.#words, lockWord) === owner) {
      this.#words.fill(0, countWord, hintWord + hints)
      for (const page of this.#owners) this.#words[countWord + page]!++
      Atomics.store(this.#words, usedWord, this.#owners.length - this.#words[countWord]!)
      this.#words[countWord] = 0
      this.#release()
    }
    this.freeOwner(owner)
  }

  view(region: Region): Uint8Array {
    return this.#bytes.subarray(region.offset, region.offset + region.bytes)
  }

  /** The first page of the first free run of so many pages, or -1; under the lock, since it moves the hints. */
  #takeRun(count: number): number {
    const table = this.#owners
    const end = this.#words[grantedWord]!
    // Runs before `atLeast`'s hint are too short; those that are passed by are shorter than `count` again.
    const atLeast = 31 - Math.clz32(count)
    const passed = count > 1 ? 32 - Math.clz32(count - 1) : 0
    let shorter = -1
    let start = table.indexOf(0, this.#words[hintWord + atLeast]!)
    let found = -1
    while (start >= 0 && start < end) {
      const most = Math.min(start + count, end)
      let to = start + 1
      while (to < most && table[to] === 0) to++
      if (to === start + count) {
        found = start
        break
      }
      if (to >= end) break
      if (shorter < 0 && to - start >= 2 ** atLeast) shorter = start
      start = table.indexOf(0, to)
    }
    const reached = start < 0 ? table.length : start
    this.#words[hintWord + atLeast] = shorter < 0 ? reached : shorter
    if (passed < hints && this.#words[hintWord + passed]! < reached) this.#words[hintWord + passed] = reached
    return found
  }

  #freeRun(start: number, count: number, owner: number): void {
    this.#owners.fill(0, start, start + count)
    this.#words[countWord + owner]! -= count
    Atomics.sub(this.#words, usedWord, count)
    let first = start
    while (first > 0 && this.#owners[first - 1] === 0) first--
    for (let k = hintWord; k < hintWord + hints; k++) if (this.#words[k]! > first) this.#words[k] = first
  }

  /** The lock names its holder, which may die. */
  #acquire(): void {
    for (;;) {
      const holder = Atomics.compareExchange(this.#words, lockWord, 0, this.#holder)
      if (holder === 0) return
      Atomics.wait(this.#words, lockWord, holder, 50)
    }
  }

  #release(): void {
    Atomics.store(this.#words, lockWord, 0)
    Atomics.notify(this.#words, lockWord, 1)
  }
}

function pagesOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / pageBytes))
}
