/** The tables of Spark's methods leave none out, on either side, name only what exists, and give a reason where there is nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@gridify/core'
import { expect, test } from 'vitest'

/** What Spark's classes have, as test/spark/record-cases.py read it from Spark itself. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, '../spark/fixtures/methods.json'), 'utf8')) as {
  entries: { class: string; methods: string[] }[]
}

/** Public on the JVM, but private[spark], protected, implicit or of developers' interest in Scala. */
const internal = new Set(
  `checkpointData clearDependencies collectPartitions computeOrReadCheckpoint conf creationSite doCheckpoint
doubleRDDToDoubleRDDFunctions elementClassTag firstParent futureExecutionContext getCreationSite getDependencies
getNarrowAncestors getOrCompute getOutputDeterministicLevel getPreferredLocations isBarrier isBarrier_
isCheckpointedAndMaterialized isReliablyCheckpointed keyClass keyOrdering mapPartitionsInternal
mapPartitionsWithIndexInternal markCheckpointed numericRDDToDoubleRDDFunctions outputDeterministicLevel parent
randomSampleWithRange rddToAsyncRDDActions rddToOrderedRDDFunctions rddToPairRDDFunctions rddToSequenceFileRDDFunctions retag
scope sealCheckpointChecksums stateLock valueClass verifyCheckpointChecksums withScope`.split(/\s+/),
)

const rows = readFileSync(join(import.meta.dirname, '../../docs/spark-parity.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!Spark \||name \||`)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, names, here, note]) => ({ names: names!.split(', '), here: here!, note: note! }))

test.each(recorded.entries)('every method of $class has a row', ({ methods }) => {
  const named = new Set(rows.flatMap(({ names }) => names))
  expect(methods.length).toBeGreaterThan(2)
  expect(methods.filter((name) => !named.has(name) && !internal.has(name))).toEqual([])
})

test('every method of ours has a row', () => {
  const named = new Set(rows.flatMap(({ here }) => [...here.matchAll(/`([^`]+)`/g)].map(([, name]) => name)))
  const ours = Object.getOwnPropertyNames(core.Dataset.prototype).filter((name) => name !== 'constructor')
  expect(ours.length).toBeGreaterThan(90)
  expect(ours.filter((name) => !named.has(name))).toEqual([])
})

test('what stands on the right exists', () => {
  const exists = (name: string) =>
    name.startsWith('context.') ? name.slice(8) in core.Context.prototype : name in core.Dataset.prototype
  const named = rows.flatMap(({ here }) => [...here.matchAll(/`([^`]+)`/g)].map(([, name]) => name!))
  expect(named.length).toBeGreaterThan(90)
  expect(named.filter((name) => !exists(name))).toEqual([])
})

test('what does not exist has a reason', () => {
  expect(rows.filter(({ here, note }) => here === '–' && note === '')).toEqual([])
  expect(rows.filter(({ here }) => here !== '–' && !here.includes('`'))).toEqual([])
})
