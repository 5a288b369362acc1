import { kernelBytes, chooseKernel } from '@gridify/mf/kernels'
import { expect, test } from 'vitest'

const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: {
      new (bytes: Uint8Array): object
      imports(module: object): object[]
      exports(module: object): { kind: string }[]
    }
  }
}

test('the kernels import one memory, export functions only, and hold no data of their own', () => {
  const module = new WebAssembly.Module(kernelBytes())
  expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }])
  expect(new Set(WebAssembly.Module.exports(module).map(({ kind }) => kind))).toEqual(new Set(['function']))
  // Sections 6 and 11 are globals and data: all slots of an executor share the memory, so there must be neither.
  expect(sections(kernelBytes())).not.toContain(6)
  expect(sections(kernelBytes())).not.toContain(11)
})
test('the variant is the least that all executors run', () => {
  const executor = (nodeVersion: string) => ({ id: 'e', nodeVersion })
  expect(chooseKernel([executor('v24.1.0'), executor('v20.19.0')])).toBe('simd4')
  expect(chooseKernel([executor('24.1.0'), executor('v22.0.0')])).toBe('simd8')
  expect(() => chooseKernel([executor('v18.0.0')])).toThrow('executor e runs Node v18.0.0; the kernels need Node 20')
})

function sections(bytes: Uint8Array): number[] {
  const found: number[] = []
  for (let at = 8; at < bytes.length;) {
    found.push(bytes[at++]!)
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      length |= (byte & 127) << shift
      if (byte < 128) break
    }
    at += length
  }
  return found
}
