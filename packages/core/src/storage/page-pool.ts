/**
 * The memory of one executor: a shared `WebAssembly.Memory` cut into pages of 4 KiB, so that blocks of every slot and the
 * arena of the kernels are the same bytes. A table with the owner of each page is the whole book-keeping: pages of a
 * slot that died are found by its number. Taking a run is first fit under a lock; the critical section is microseconds.
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

/** What travels to a slot thread; the memory itself is shared. */
export interface PagePoolHandle {
  readonly memory: WasmMemory
  readonly control: SharedArrayBuffer
}

export class PagePool {
  readonly memory: WasmMemory
  readonly #bytes: Uint8Array
  readonly #lock: Int32Array
  readonly #owners: Uint8Array

  private constructor(handle: PagePoolHandle) {
    this.memory = handle.memory
    this.#bytes = new Uint8Array(handle.memory.buffer)
    this.#lock = new Int32Array(handle.control, 0, 2)
    this.#owners = new Uint8Array(handle.control, 8)
  }

  /** Reserves `bytes` of address space; a page costs memory when it is first written. */
  static create(bytes: number): PagePool {
    const wasmPages = Math.max(1, Math.floor(bytes / wasmPageBytes))
    const memory = sharedWasmMemory(wasmPages)
    const pages = (wasmPages * wasmPageBytes) / pageBytes
    return new PagePool({ memory, control: new SharedArrayBuffer(8 + pages) })
  }

  static attach(handle: PagePoolHandle): PagePool {
    return new PagePool(handle)
  }

  get handle(): PagePoolHandle {
    return { memory: this.memory, control: this.#owners.buffer as SharedArrayBuffer }
  }

  get capacityBytes(): number {
    return this.#owners.length * pageBytes
  }

  /** Bytes in pages that have an owner; counts under no lock, so it is a moment's estimate. */
  get usedBytes(): number {
    return Atomics.load(this.#lock, 1) * pageBytes
  }

  tryAllocate(bytes: number, owner: number): Region | undefined {
    const count = pagesOf(bytes)
    this.#acquire()
    try {
      const start = this.#findRun(count)
      if (start < 0) return undefined
      this.#owners.fill(owner, start, start + count)
      Atomics.add(this.#lock, 1, count)
      return { offset: start * pageBytes, bytes }
    } finally {
      this.#release()
    }
  }

  /** Whether a run of `bytes` is free at this moment. */
  fits(bytes: number): boolean {
    return this.#findRun(pagesOf(bytes)) >= 0
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
    const count = pagesOf(region.bytes)
    this.#acquire()
    try {
      if (this.#owners[start] === 0) throw new InternalError(`region at ${region.offset} was freed twice`)
      this.#owners.fill(0, start, start + count)
      Atomics.sub(this.#lock, 1, count)
    } finally {
      this.#release()
    }
  }

  /** Hands a region over, as when a task's output is committed to the store. */
  give(region: Region, owner: number): void {
    const start = region.offset / pageBytes
    this.#owners.fill(owner, start, start + pagesOf(region.bytes))
  }

  /** Takes back all that an owner still has: the cure for a slot that died, and the end of a task. */
  freeOwner(owner: number): void {
    this.#acquire()
    try {
      for (let page = this.#owners.indexOf(owner); page >= 0; page = this.#owners.indexOf(owner, page + 1)) {
        this.#owners[page] = 0
        Atomics.sub(this.#lock, 1, 1)
      }
    } finally {
      this.#release()
    }
  }

  view(region: Region): Uint8Array {
    return this.#bytes.subarray(region.offset, region.offset + region.bytes)
  }

  /** The first page of a free run, or -1. */
  #findRun(count: number): number {
    const owners = this.#owners
    for (let start = owners.indexOf(0); start >= 0 && start + count <= owners.length;) {
      let end = start + 1
      while (end < start + count && owners[end] === 0) end++
      if (end === start + count) return start
      start = owners.indexOf(0, end)
    }
    return -1
  }

  #acquire(): void {
    while (Atomics.compareExchange(this.#lock, 0, 0, 1) !== 0) Atomics.wait(this.#lock, 0, 1, 50)
  }

  #release(): void {
    Atomics.store(this.#lock, 0, 0)
    Atomics.notify(this.#lock, 0, 1)
  }
}

function pagesOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / pageBytes))
}
