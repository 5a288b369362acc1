/** Operators that turn one batch into another: a run of them is one loop, however long it is. */

import { drawBinomial } from '../base/discrete-draws.ts'
import { poisson, randomStream } from '../base/random.ts'
import { UsageError } from '../base/errors.ts'
import { plainRow } from '../codec/group.ts'
import { KeyMap } from '../codec/key.ts'
import { compareValues } from '../codec/order.ts'
import { decodeValue } from '../codec/value.ts'
import { rowWiseKinds, type PlanNode } from '../protocol/stage-plan.ts'
import type { FunctionOf, Pair } from '../shuffle/merging.ts'
import { asPair, describeRow, iterable, sync } from './row-checks.ts'

const stepKinds = [...rowWiseKinds, 'sample', 'number'] as const

export type StepNode = Extract<PlanNode, { kind: (typeof stepKinds)[number] }>
export type Step = (batch: unknown[]) => unknown[]

const stepKindSet = new Set<string>(stepKinds)

export function isStep(node: PlanNode): node is StepNode {
  return stepKindSet.has(node.kind)
}

/** Made anew for each partition, since some count rows or draw numbers. */
export function stepOf(node: StepNode, partition: number, functionOf: FunctionOf): Step {
  const { site } = node
  switch (node.kind) {
    case 'map': {
      const fn = functionOf(node.closure)
      return (batch) => batch.map((row) => sync(fn(row), site))
    }
    case 'keyBy': {
      const fn = functionOf(node.closure)
      return (batch) => batch.map((row) => [sync(fn(row), site), row])
    }
    case 'filter': {
      const fn = functionOf(node.closure)
      return (batch) => batch.filter((row) => sync(fn(row), site))
    }
    case 'flatMap': {
      const fn = functionOf(node.closure)
      return (batch) => {
        const out: unknown[] = []
        for (const row of batch) for (const result of iterable(fn(row), site)) out.push(result)
        return out
      }
    }
    case 'mapValues': {
      const fn = functionOf(node.closure)
      return (batch) => batch.map((row) => [asPair(row, site)[0], sync(fn((row as Pair)[1]), site)])
    }
    case 'flatMapValues': {
      const fn = functionOf(node.closure)
      return (batch) => {
        const out: unknown[] = []
        for (const row of batch) {
          const [key, value] = asPair(row, site)
          for (const result of iterable(fn(value), site)) out.push([key, result])
        }
        return out
      }
    }
    case 'keys':
      return (batch) => batch.map((row) => asPair(row, site)[0])
    case 'values':
      return (batch) => batch.map((row) => asPair(row, site)[1])
    case 'asKeys':
      return (batch) => batch.map((row) => [plainRow(row), null])
    case 'ones':
      return (batch) => batch.map((row) => [asPair(row, site)[0], 1])
    case 'sample':
      return sampler(node, partition)
    case 'number':
      return numberer(node, partition)
  }
}

function sampler(node: Extract<PlanNode, { kind: 'sample' }>, partition: number): Step {
  const { sampler } = node
  const random = randomStream(node.seed, partition)
  switch (sampler.kind) {
    case 'range':
      return (batch) =>
        batch.filter(() => {
          const drawn = random()
          return drawn >= sampler.from && drawn < sampler.to
        })
    case 'poisson':
      return (batch) => batch.flatMap((row) => Array.from({ length: poisson(sampler.mean, random) }, () => row))
    case 'allotted': {
      const wanted = new KeyMap<{ left: number; rows: number }>()
      for (const [key, left, rows] of decodeValue(sampler.allotted[partition]!) as [unknown, number, number][])
        wanted.set(key, { left, rows })
      return (batch) =>
        batch.flatMap((row) => {
          const stratum = wanted.get(asPair(row, node.site)[0])
          if (!stratum || stratum.rows === 0) return []
          // Each of the rows that are left is as likely as any other. Knuth, The Art of Computer Programming 2, 3.4.2, S.
          const copies = sampler.replacement
            ? drawBinomial(stratum.left, 1 / stratum.rows, random)
            : Number(random() * stratum.rows < stratum.left)
          stratum.rows--
          stratum.left -= copies
          return Array.from({ length: copies }, () => row)
        })
    }
    case 'byKey': {
      const fractions = new KeyMap<number>()
      for (const [key, fraction] of decodeValue(sampler.fractions) as [unknown, number][]) fractions.set(key, fraction)
      return (batch) =>
        batch.flatMap((row) => {
          const [key] = asPair(row, node.site)
          const fraction = fractions.get(key) ?? sampler.otherwise
          if (fraction === undefined)
            throw new UsageError(
              `${node.site} has no fraction for the key ${describeRow(key)}; name it, or give { otherwise: 0 } for all other keys`,
            )
          const copies = sampler.replacement ? poisson(fraction, random) : Number(random() < fraction)
          return Array.from({ length: copies }, () => row)
        })
    }
  }
}

function numberer(node: Extract<PlanNode, { kind: 'number' }>, partition: number): Step {
  const { targets, partitions } = node
  let seen = 0
  switch (node.by) {
    case 'index': {
      const before = node.offsets[partition]!
      return (batch) => batch.map((row) => [row, before + seen++])
    }
    case 'uniqueId':
      return (batch) => batch.map((row) => [row, seen++ * partitions + partition])
    case 'spread':
      // Each partition begins at another target, so that short partitions do not all fill the first ones.
      return (batch) => batch.map((row) => [(partition + seen++) % targets, row])
    case 'group': {
      const target = Math.floor((partition * targets) / partitions)
      return (batch) => batch.map((row) => [target, row])
    }
  }
}

/** Rows whose key lies in [low, high]. */
export function keyRangeFilter(node: Extract<PlanNode, { kind: 'filterByRange' }>): Step {
  const low = decodeValue(node.low)
  const high = decodeValue(node.high)
  return (batch) =>
    batch.filter((row) => {
      const [key] = asPair(row, node.site)
      return compareValues(key, low) >= 0 && compareValues(key, high) <= 0
    })
}
