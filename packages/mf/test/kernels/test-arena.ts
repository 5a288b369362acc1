/** An arena of a test: a shared memory that only grows. */
import type { Arena } from '@gridify/core'

export function testArena(pages = 512): Arena {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Memory: new (options: { initial: number; maximum: number; shared: true }) => Arena['memory'] }
  }
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  let next = 4096
  return {
    memory,
    allocate(bytes) {
      const region = { offset: next, bytes }
      next += (bytes + 4095) & ~4095
      if (next > memory.buffer.byteLength) throw new RangeError('the arena of this test is full')
      return region
    },
    release: () => {},
  }
}
