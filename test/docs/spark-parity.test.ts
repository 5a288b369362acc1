/** The table of Spark's methods leaves none out, names only what exists, and gives a reason where there is nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@gridify/core'
import { expect, test } from 'vitest'

/** Public methods of Spark 4, without operators and those of Object. */
const spark = `
aggregate barrier cache cartesian checkpoint cleanShuffleDependencies coalesce collect context count countApprox
countApproxDistinct countByValue countByValueApprox dependencies distinct filter first flatMap fold foreach foreachPartition
getCheckpointFile getNumPartitions getResourceProfile getStorageLevel glom groupBy id intersection isCheckpointed isEmpty
iterator keyBy localCheckpoint map mapPartitions mapPartitionsWithEvaluator mapPartitionsWithIndex max min name partitioner
partitions persist pipe preferredLocations randomSplit reduce repartition sample saveAsObjectFile saveAsTextFile setName
sortBy sparkContext subtract take takeOrdered takeSample toDebugString toJavaRDD toLocalIterator top treeAggregate treeReduce
union unpersist withResources zip zipPartitions zipPartitionsWithEvaluator zipWithIndex zipWithUniqueId
aggregateByKey cogroup collectAsMap combineByKey combineByKeyWithClassTag countApproxDistinctByKey countByKey
countByKeyApprox flatMapValues foldByKey fullOuterJoin groupByKey groupWith join keys leftOuterJoin lookup mapValues
partitionBy reduceByKey reduceByKeyLocally rightOuterJoin sampleByKey sampleByKeyExact saveAsHadoopDataset saveAsHadoopFile
saveAsNewAPIHadoopDataset saveAsNewAPIHadoopFile subtractByKey values
filterByRange repartitionAndSortWithinPartitions sortByKey
histogram mean meanApprox popStdev popVariance sampleStdev sampleVariance stats stdev sum sumApprox variance
collectAsync countAsync foreachAsync foreachPartitionAsync takeAsync`
  .trim()
  .split(/\s+/)

const rows = readFileSync(join(import.meta.dirname, '../../docs/spark-parity.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!Spark \|)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, names, here, note]) => ({ names: names!.split(', '), here: here!, note: note! }))

test('every method of Spark has a row', () => {
  const named = new Set(rows.flatMap(({ names }) => names))
  expect(spark.filter((name) => !named.has(name))).toEqual([])
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
