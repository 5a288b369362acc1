/** The part of `WebAssembly` that is used here; Node has it, its type package does not. */

/** A `WebAssembly.Memory` whose buffer is shared. */
export interface WasmMemory {
  /** Its bytes. */
  readonly buffer: SharedArrayBuffer
}

export function sharedWasmMemory(wasmPages: number): WasmMemory {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Memory: new (options: { initial: number; maximum: number; shared: true }) => WasmMemory }
  }
  return new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared: true })
}
