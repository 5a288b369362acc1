/**
 * What PySpark gave for several hundred programs over seeded rows, against what this library gives for the same ones. Spark
 * is not needed: record-cases.py wrote the fixtures, and says how to write them again.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, GridifyError, type Context } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { comparable, nearest } from './comparison.ts'
import { decode, type Encoded } from './encoded-values.ts'
import { functions } from './functions.ts'
import { runProgram, type Program } from './run-program.ts'

interface Failure {
  readonly error: string
}

interface Case {
  readonly name: string
  readonly program: Program
  readonly compare: string
  readonly spark: Encoded | Failure
  /** Where we differ on purpose: by what name docs/spark-parity.md has it, and what we give instead. */
  readonly difference?: string
  readonly ours?: Encoded
  readonly bounds?: [number, number] | [number, number][]
}

const families = ['partitions', 'narrow', 'by-key', 'pairing', 'order', 'totals', 'samples', 'differences']
const casesOf = (family: string) =>
  (JSON.parse(readFileSync(join(import.meta.dirname, `fixtures/${family}.json`), 'utf8')) as { entries: Case[] })
    .entries
const all = families.flatMap(casesOf)
const isError = (outcome: Encoded | Failure): outcome is Failure =>
  typeof outcome === 'object' && outcome !== null && 'error' in outcome

let context: Context
beforeAll(async () => {
  context = await createContext({ master: 'memory[2]' })
})
afterAll(() => context.stop())

describe.each(families)('%s', (family) => {
  // Not test.each, which cuts long names.
  for (const recorded of casesOf(family)) test(recorded.name, () => replay(recorded))
})

async function replay({ program, compare, spark, ours, bounds }: Case): Promise<void> {
  const expected = ours === undefined ? spark : ours
  if (isError(expected)) return expect(runProgram(context, program)).rejects.toBeInstanceOf(GridifyError)
  const result = await runProgram(context, program)
  if (compare === 'within') return expectWithin(result, bounds!)
  if (compare === 'near') return expect(nearest(result, decode(expected))).toEqual(decode(expected))
  expect(comparable(result, compare)).toEqual(comparable(decode(expected), compare))
}

function expectWithin(result: unknown, bounds: [number, number] | [number, number][]): void {
  const sizes = Array.isArray(result) ? (result as number[]) : [result as number]
  const limits = Array.isArray(bounds[0]) ? (bounds as [number, number][]) : [bounds as [number, number]]
  expect(sizes.filter((size, i) => !(size >= limits[i]![0] && size <= limits[i]![1]))).toEqual([])
}

test('there are several hundred cases, each with a name of its own', () => {
  expect(all.length).toBeGreaterThan(600)
  expect(new Set(families.flatMap((family) => casesOf(family).map(({ name }) => `${family}: ${name}`))).size).toBe(
    all.length,
  )
})

test('programs name the same functions here and in Python', () => {
  const python = readFileSync(join(import.meta.dirname, 'functions.py'), 'utf8')
  expect([...python.matchAll(/^ {4}"(\w+)": /gm)].map(([, name]) => name)).toEqual(Object.keys(functions))
})

test('each difference is told in the docs, and there are no others', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/spark-parity.md'), 'utf8')
  const told = [...docs.matchAll(/^\| `([\w-]+)` \| [^|]+ \| [^|]+ \|$/gm)].map(([, name]) => name!)
  const shown = new Set(all.flatMap(({ difference }) => (difference === undefined ? [] : [difference])))
  expect([...shown].sort()).toEqual(told.sort())
  expect(told.length).toBeLessThanOrEqual(12)
})

test('a difference is one: Spark itself gives something else', () => {
  const alike = all.filter(
    ({ difference, spark, ours, compare }) =>
      difference !== undefined &&
      !isError(spark) &&
      JSON.stringify(comparableOf(spark, compare)) === JSON.stringify(comparableOf(ours!, compare)),
  )
  expect(alike.map(({ name }) => name)).toEqual([])
})

const comparableOf = (encoded: Encoded, compare: string) =>
  comparable(decode(encoded), compare === 'near' ? 'exact' : compare)
