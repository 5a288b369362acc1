/** Generated loops against the same steps taken one batch at a time. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DatasetId } from '../../src/base/ids.ts'
import type { Closure } from '../../src/closure/closure.ts'
import { rowChunk, rowsOfChunk, type Chunk } from '../../src/executor/pipeline/chunk.ts'
import type { LoopSink } from '../../src/executor/pipeline/loop-sink.ts'
import { LoopCache } from '../../src/executor/pipeline/loop-cache.ts'
import { stretches, type PipelineScope } from '../../src/executor/pipeline/stretches.ts'
import { isStep, stepOf, type StepNode } from '../../src/executor/steps.ts'
import type { PlanNode } from '../../src/protocol/stage-plan.ts'
import { Staging } from '../../src/shuffle/staging.ts'

/** Functions that take any row; those for pairs stand where the row before is one. */
const functions: Record<string, (row: any) => unknown> = {
  number: (row) => (Array.isArray(row) ? row.length : Number(row) % 7),
  pair: (row) => [Array.isArray(row) ? String(row[0]) : row, row],
  odd: (row) => (Array.isArray(row) ? row.length : Number(row)) % 2 === 1,
  twice: (row) => [row, row],
  none: () => [],
  lazily: (row) => new Set([row, 'more']),
}

const closureOf = (hash: string): Closure => ({
  hash,
  bytes: new Uint8Array(),
  chunks: [],
  name: '',
  location: 'here:1:1',
  references: [],
  perTask: false,
  warnings: [],
})

const anyStep = fc.constantFrom<string[][]>(
  ['map', 'number'],
  ['map', 'pair'],
  ['filter', 'odd'],
  ['flatMap', 'twice'],
  ['flatMap', 'lazily'],
  ['flatMap', 'none'],
  ['keyBy', 'number'],
  ['asKeys', ''],
)
const pairStep = fc.constantFrom<string[][]>(
  ['mapValues', 'number'],
  ['mapValues', 'pair'],
  ['flatMapValues', 'twice'],
  ['flatMapValues', 'lazily'],
  ['keys', ''],
  ['values', ''],
  ['ones', ''],
)
const makesPairs = (steps: string[][], sourceIsPairs: boolean) => {
  const last = steps.at(-1)
  if (!last) return sourceIsPairs
  return ['keyBy', 'asKeys', 'ones', 'mapValues', 'flatMapValues'].includes(last[0]!) || last[1] === 'pair'
}
/** Steps in which those for pairs come after pairs. */
const chainOn = (sourceIsPairs: boolean) =>
  fc.array(fc.tuple(anyStep, pairStep), { maxLength: 6 }).map((options) => {
    const steps: string[][] = []
    for (const [any, pair] of options) steps.push(makesPairs(steps, sourceIsPairs) ? pair : any)
    return steps
  })

const numbers = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-0, NaN))
const rowSource: fc.Arbitrary<Chunk> = fc.oneof(
  fc.array(fc.oneof(numbers, fc.string()), { maxLength: 20 }).map(rowChunk),
  fc.array(fc.integer(), { maxLength: 20 }).map((rows) => rowChunk(Int32Array.from(rows))),
  fc.array(numbers, { maxLength: 20 }).map((rows) => rowChunk(Float64Array.from(rows))),
  fc
    .tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -3, max: 3 }), fc.nat(20))
    .map(([start, step, length]): Chunk => ({ kind: 'range', start, step, first: 2, length })),
)
const pairSource: fc.Arbitrary<Chunk> = fc
  .array(fc.tuple(fc.integer(), fc.string()), { maxLength: 20 })
  .map((pairs): Chunk => ({
    kind: 'pairs',
    length: pairs.length,
    keys: Int32Array.from(pairs, ([key]) => key),
    values: pairs.map(([, value]) => value),
  }))
const programs = fc.oneof(
  fc.tuple(fc.array(rowSource, { maxLength: 3 }), chainOn(false)),
  fc.tuple(fc.array(pairSource, { maxLength: 3 }), chainOn(true)),
)

const source = { kind: 'glom', parent: 0, datasetId: 1 as DatasetId, partitions: 1, site: 'source' } as const

function scopeOf(chunks: readonly Chunk[], steps: readonly string[][]): PipelineScope & { entered: unknown[] } {
  const nodes: PlanNode[] = [source]
  for (const [i, [kind, fn]] of steps.entries())
    nodes.push({
      kind,
      parent: i,
      closure: closureOf(fn!),
      datasetId: (i + 2) as DatasetId,
      partitions: 1,
      site: `step ${i}`,
    } as never)
  const entered: unknown[] = []
  return {
    nodes,
    entered,
    functionOf: ({ hash }) => functions[hash]!,
    loops: new LoopCache(),
    enter: (node) => entered.push(node?.site),
    checkCancelled() {},
    chunksOf: () => chunks,
    ended() {},
  }
}

function run<T extends object>(scope: PipelineScope, kind: LoopSink, target: T, merge?: string): T {
  const sink = { kind, site: 'sink', ...(merge ? { merge: closureOf(merge) } : {}) }
  const steps = stretches(scope, scope.nodes.length - 1, 0, sink, target)
  while (!steps.next().done);
  return target
}

function model(scope: PipelineScope, chunks: readonly Chunk[]): unknown[] {
  let rows = chunks.flatMap((chunk) => rowsOfChunk(chunk, 0, chunk.length))
  for (const node of scope.nodes) if (isStep(node)) rows = stepOf(node as StepNode, 0, scope.functionOf)(rows)
  return rows
}

test('a fused chain gives the rows of its steps taken one by one', () =>
  fc.assert(
    fc.property(programs, ([chunks, steps]) => {
      const scope = scopeOf(chunks, steps)
      const expected = model(scope, chunks)
      const { out } = run(scope, 'rows', { out: [] as unknown[] })
      expect(out).toEqual(expected)
      expect(out.every((row, i) => Object.is(row, expected[i]) || typeof row === 'object')).toBe(true)
      expect(run(scope, 'count', { count: 0 }).count).toBe(expected.length)
    }),
  ))

test('rows go to the staging of a shuffle as they would one by one', () =>
  fc.assert(
    fc.property(programs, fc.integer({ min: 1, max: 5 }), ([chunks, steps], capacity) => {
      const scope = scopeOf(chunks, [...steps, ['keyBy', 'number']])
      const writer = () => {
        const staging = new Staging(capacity)
        const taken: unknown[] = []
        const flush = () => {
          const keys = staging.keysAreNumbers ? staging.keys : staging.keyList
          const values = staging.valuesAreNumbers ? staging.values : staging.valueList
          for (let i = 0; i < staging.rows; i++) taken.push([keys[i], values[i]])
          staging.clear()
          return staging
        }
        return { staging, taken, flush }
      }
      const target = writer()
      run(scope, 'shuffle', target)
      target.flush()
      expect(target.taken).toEqual(model(scope, chunks))
    }),
  ))

test('an error is that of the step whose function threw', () => {
  functions['throws'] = () => {
    throw new RangeError('no')
  }
  const scope = scopeOf(
    [rowChunk([1, 2])],
    [
      ['map', 'number'],
      ['map', 'throws'],
      ['filter', 'odd'],
    ],
  )
  expect(() => run(scope, 'count', { count: 0 })).toThrow('no')
  expect(scope.entered.at(-1)).toBe('step 1')
})

test('a promise, a row that is no pair and a result that is no iterable are refused at their line', () => {
  functions['promises'] = () => Promise.resolve(1)
  const message = (...steps: string[][]) => {
    try {
      run(scopeOf([rowChunk([1, 2])], steps), 'count', { count: 0 })
    } catch (error) {
      return (error as Error).message.split(';')[0]
    }
    return undefined
  }
  expect(message(['map', 'number'], ['map', 'promises'])).toBe('step 1: the function returned a promise')
  expect(message(['filter', 'promises'])).toBe('step 0: the function returned a promise')
  expect(message(['map', 'promises'], ['keys', ''])).toBe('step 0: the function returned a promise')
  expect(message(['map', 'number'], ['keys', ''])).toBe('step 1 needs rows [key, value], got 1')
  expect(message(['flatMap', 'number'])).toBe(
    'step 0: the function must return an iterable such as an array, got number',
  )
})

test('a chain longer than one loop holds runs in pieces', () => {
  const steps = Array.from({ length: 100 }, () => ['map', 'number'])
  const scope = scopeOf([rowChunk([1, 8, 9])], steps)
  expect(run(scope, 'rows', { out: [] as unknown[] }).out).toEqual([1, 1, 2])
})
