/**
 * Full gridify (Johnson 2014): ratings lie in K x L blocks, so a block needs the vectors of its own columns only, but
 * what it computes for a row is a part, sent to the row's owner and summed there in the order of blocks.
 */

import { indexPartitioner, type Dataset } from '@gridify/core'
import { blockRanks, partitionOfBlock, runsByPartition } from './blocks.ts'
import type { Cell, OwnedProblem, OwnedState, Products } from './kernels/engine.ts'
import { packedLength } from './kernels/engine.ts'
import { openEngine } from './kernels/open-engine.ts'
import type { FloatArray } from './kernels/vectors.ts'
import type { ALSSettings } from './options.ts'
import { activeRanks, type WeightedBlock } from './rating-blocks.ts'
import {
  onlyRow,
  rowRegularization,
  sendVectors,
  type HalfStep,
  type OwnedRows,
  type Side,
  type Solved,
  type Vectors,
} from './sides.ts'
import { sumSubtrees } from './sum-tree.ts'

/** Parts for some rows of one owner, from one block. */
interface RowParts {
  readonly ranks: Int32Array
  /** Packed normal equations, or products, row by row. */
  readonly numbers: FloatArray
  readonly quadratic: Float64Array
}

/** Counts and constants per row, added up over the blocks that hold its ratings. */
export function ownedRows(
  blocks: Dataset<[number, WeightedBlock]>,
  count: number,
  partitions: number,
  bonus: number,
  rangeOf: (partition: number) => { start: number; end: number },
): Dataset<[number, OwnedRows]> {
  const owner = partitionOfBlock(partitions, count)
  const ranges = Array.from({ length: partitions }, (_, partition) => rangeOf(partition))
  return blocks
    .flatMap(([, block]) => {
      const ranks = activeRanks(block)
      return runsByPartition(ranks, owner).map(([to, from, end]): [number, OwnedPart] => [
        to,
        countEntries(block, ranks.slice(from, end), bonus),
      ])
    })
    .partitionBy(indexPartitioner(partitions))
    .mapPartitionsWithIndex(
      (partition, parts) => {
        const { start, end } = ranges[partition]!
        const counts = new Int32Array(end - start)
        const constants = new Float64Array(end - start)
        for (const [, part] of parts)
          for (const [i, rank] of part.ranks.entries()) {
            counts[rank - start]! += part.counts[i]!
            constants[rank - start]! += part.constants[i]!
          }
        return [[partition, { start, counts, constants }] as [number, OwnedRows]]
      },
      { preservesPartitioning: true },
    )
}

interface OwnedPart {
  readonly ranks: Int32Array
  readonly counts: Int32Array
  readonly constants: Float64Array
}

function countEntries({ start, offsets, weights }: WeightedBlock, ranks: Int32Array, bonus: number): OwnedPart {
  const counts = new Int32Array(ranks.length)
  const constants = new Float64Array(ranks.length)
  for (const [i, rank] of ranks.entries()) {
    const end = offsets[rank - start + 1]!
    counts[i] = end - offsets[rank - start]!
    for (let e = offsets[rank - start]!; e < end; e++) constants[i]! += weights[e]! + bonus
  }
  return { ranks, counts, constants }
}

/** New vectors of `side` from those of the fixed side. */
export function solveFull(
  side: Side,
  previous: Dataset<[number, Vectors]>,
  fixed: Side,
  fixedVectors: Dataset<[number, Vectors]>,
  step: HalfStep,
  settings: ALSSettings,
): Solved {
  const { factors } = settings
  const inbox = sendVectors(fixedVectors, ({ vectors }) => vectors, fixed, fixed.routes, side.blockCount, factors)
  return settings.solver === 'cholesky'
    ? solveExactly(side, fixed, inbox, step)
    : solveInRounds(side, previous, fixed, inbox, step, settings)
}

/** Cholesky: one round; each block sends its rows' normal equations. */
function solveExactly(side: Side, fixed: Side, inbox: Dataset<[number, FloatArray]>, step: HalfStep): Solved {
  const { constants, gram, partitions } = step
  const others = fixed.count
  const owner = partitionOfBlock(partitions, side.count)
  const equations = side.blocks
    .zipPartitions(inbox, (blocks, messages, task) => {
      const held = onlyRow(blocks)
      if (!held) return []
      const { settings, kernel, kernelBytes, bonus } = constants.value
      const parts = [...messages].map(([, part]) => part)
      const cell = openEngine(kernel, () => kernelBytes, task).openCell(held[1], parts, settings.factors, bonus)
      return sendEquations(cell, held[1], owner)
    })
    .partitionBy(indexPartitioner(partitions))
  const vectors = side.rows.zipPartitions(equations, (rows, messages, task): [number, Vectors][] => {
    const held = onlyRow(rows)
    if (!held) return []
    const { settings, kernel, kernelBytes } = constants.value
    const { start } = held[1]
    const size = packedLength(settings.factors)
    const parts = [...messages].map(([, part]) => part)
    const next = new Int32Array(parts.length)
    const problem = ownedProblem(held[1], others, settings, gram.value)
    const engine = openEngine(kernel, () => kernelBytes, task)
    const solved = engine.solveOwned(problem, (row, total) => {
      for (const [i, { ranks, numbers }] of parts.entries()) {
        const at = next[i]!
        if (ranks[at] !== start + row) continue
        next[i]!++
        for (let j = 0, from = at * size; j < size; j++) total[j]! += numbers[from + j]!
      }
    })
    const blocks = engine.sumBlocks(solved.vectors, settings.factors)
    addLoss(blocks, problem, held[1], solved.vectors, solved.quadratic)
    return [[task.partition, { vectors: solved.vectors, sums: sumSubtrees(start / blockRanks, blocks) }]]
  })
  return { vectors: vectors.cache(), temporary: [] }
}

function* sendEquations(cell: Cell, block: WeightedBlock, owner: Int32Array): Generator<[number, RowParts]> {
  const active = activeRanks(block)
  for (const [to, from, end] of runsByPartition(active, owner)) {
    const ranks = active.slice(from, end)
    yield [
      to,
      { ranks, numbers: cell.normalEquations(ranks.map((rank) => rank - block.start)), quadratic: new Float64Array(0) },
    ]
  }
}

interface RoundState extends OwnedState {
  /** Each row's sum w s^2 - 2 (w + bonus) s at the start. */
  readonly quadratic: Float64Array
}

/** Conjugate gradients: steps + 1 rounds in which owners send a vector per row and block and get one back. */
function solveInRounds(
  side: Side,
  previous: Dataset<[number, Vectors]>,
  fixed: Side,
  inbox: Dataset<[number, FloatArray]>,
  step: HalfStep,
  settings: ALSSettings,
): Solved {
  const { constants, gram, partitions, measuresLoss } = step
  const { factors, cgSteps } = settings
  const others = fixed.count
  const owner = partitionOfBlock(partitions, side.count)
  // Read anew in each round, but moved once.
  const kept = inbox.persist('memory-and-disk')
  const held = side.blocks.zipPartitions(kept, (blocks, messages): [WeightedBlock, FloatArray[]][] => {
    const block = onlyRow(blocks)
    return block ? [[block[1], [...messages].map(([, part]) => part)]] : []
  })
  const productsOf = (sent: Dataset<[number, FloatArray]>, kind: Products): Dataset<[number, RowParts]> =>
    held
      .zipPartitions(sent, (cells, messages, task) => {
        const first = onlyRow(cells)
        if (!first) return []
        const [block, parts] = first
        const { settings, kernel, kernelBytes, bonus } = constants.value
        const cell = openEngine(kernel, () => kernelBytes, task).openCell(block, parts, settings.factors, bonus)
        return sendProducts(
          cell,
          block,
          [...messages].map(([, part]) => part),
          owner,
          settings.factors,
          kind,
        )
      })
      .partitionBy(indexPartitioner(partitions))
  const sentStart = sendVectors(previous, ({ vectors }) => vectors, side, side.rowRoutes!, side.blockCount, factors)
  const first = side.rows
    .zipPartitions(previous, (rows, vectors): [OwnedRows, Vectors][] => {
      const own = onlyRow(rows)
      const before = onlyRow(vectors)
      return own && before ? [[own[1], before[1]]] : []
    })
    .zipPartitions(
      productsOf(sentStart, measuresLoss ? 'measured residual' : 'residual'),
      (rows, messages, task): [number, RoundState][] => {
        const own = onlyRow(rows)
        if (!own) return []
        const { settings, kernel, kernelBytes } = constants.value
        const { products, quadratic } = sumParts(messages, own[0], settings.factors)
        const problem = ownedProblem(own[0], others, settings, gram.value)
        return [
          [
            task.partition,
            { ...openEngine(kernel, () => kernelBytes, task).startOwned(problem, own[1].vectors, products), quadratic },
          ],
        ]
      },
    )
    .persist('memory-and-disk')
  const rounds = [first]
  for (let round = 0; round < cgSteps; round++) {
    const state = rounds.at(-1)!
    const sent = sendVectors(state, ({ p }) => p, side, side.rowRoutes!, side.blockCount, factors)
    const next = side.rows
      .zipPartitions(state, (rows, states): [OwnedRows, RoundState][] => {
        const own = onlyRow(rows)
        const before = onlyRow(states)
        return own && before ? [[own[1], before[1]]] : []
      })
      .zipPartitions(productsOf(sent, 'product'), (rows, messages, task): [number, RoundState][] => {
        const own = onlyRow(rows)
        if (!own) return []
        const { settings, kernel, kernelBytes } = constants.value
        const { products } = sumParts(messages, own[0], settings.factors)
        const problem = ownedProblem(own[0], others, settings, gram.value)
        return [
          [
            task.partition,
            {
              ...openEngine(kernel, () => kernelBytes, task).stepOwned(problem, own[1], products),
              quadratic: own[1].quadratic,
            },
          ],
        ]
      })
      .persist('memory-and-disk')
    rounds.push(next)
  }
  const vectors = side.rows
    .zipPartitions(first, (rows, states): [OwnedRows, RoundState][] => {
      const own = onlyRow(rows)
      const state = onlyRow(states)
      return own && state ? [[own[1], state[1]]] : []
    })
    .zipPartitions(rounds.at(-1)!, (before, states, task): [number, Vectors][] => {
      const own = onlyRow(before)
      const last = onlyRow(states)
      if (!own || !last) return []
      const [rows, start] = own
      const { settings, kernel, kernelBytes } = constants.value
      const problem = ownedProblem(rows, others, settings, gram.value)
      const { x } = last[1]
      const blocks = openEngine(kernel, () => kernelBytes, task).sumBlocks(x, settings.factors)
      addLoss(blocks, problem, rows, x, measuresLoss ? finalQuadratic(problem, start, last[1]) : undefined)
      return [[task.partition, { vectors: x, sums: sumSubtrees(rows.start / blockRanks, blocks) }]]
    })
  return { vectors: vectors.cache(), temporary: [kept, ...rounds] }
}

function* sendProducts(
  cell: Cell,
  block: WeightedBlock,
  sent: readonly FloatArray[],
  owner: Int32Array,
  factors: number,
  kind: Products,
): Generator<[number, RowParts]> {
  const active = activeRanks(block)
  // One message per owner, in the order of ranks: just the runs of the active rows.
  for (const [i, [to, from, end]] of runsByPartition(active, owner).entries()) {
    const ranks = active.slice(from, end)
    const v = sent[i]!
    if (v.length !== ranks.length * factors)
      throw new RangeError(`a block was sent ${v.length / factors} vectors for ${ranks.length} rows`)
    const { vectors, quadratic } = cell.products(
      ranks.map((rank) => rank - block.start),
      v,
      kind,
    )
    yield [to, { ranks, numbers: vectors, quadratic }]
  }
}

/** Sums products per row in the order of blocks. */
function sumParts(messages: Iterable<[number, RowParts]>, { start, counts }: OwnedRows, factors: number) {
  const products = new Float64Array(counts.length * factors)
  const sums = new Float64Array(counts.length)
  for (const [, { ranks, numbers, quadratic }] of messages)
    for (let i = 0; i < ranks.length; i++) {
      const to = (ranks[i]! - start) * factors
      for (let j = 0; j < factors; j++) products[to + j]! += numbers[i * factors + j]!
      if (quadratic.length > 0) sums[ranks[i]! - start]! += quadratic[i]!
    }
  return { products, quadratic: sums }
}

function ownedProblem(rows: OwnedRows, others: number, settings: ALSSettings, gram: Float64Array): OwnedProblem {
  const { factors } = settings
  return { factors, gram, regularization: rowRegularization(rows.counts, others, settings), counts: rows.counts }
}

/**
 * q(x) = x'Ax - 2bx of the observed part at the end, without another round: with d the way from the start,
 * g = b - A x0 and A d = r0 - r - (G + lambda I) d, it is q(x0) - 2 d g + d A d.
 */
function finalQuadratic(
  { factors: f, gram, regularization, counts }: OwnedProblem,
  start: RoundState,
  end: OwnedState,
): Float64Array {
  const quadratic = Float64Array.from(start.quadratic)
  // d (A d - 2 g) = d (r0 - r - (G + lambda I)(d + 2 x0) - 2 r0): one product with G.
  const moved = new Float64Array(f)
  const sum = new Float64Array(f)
  for (let row = 0, from = 0; row < counts.length; row++, from += f) {
    if (counts[row] === 0) continue
    for (let i = 0; i < f; i++) {
      moved[i] = end.x[from + i]! - start.x[from + i]!
      sum[i] = end.x[from + i]! + start.x[from + i]!
    }
    let total = 0
    for (let i = 0; i < f; i++) {
      let own = regularization[row]! * sum[i]!
      for (let j = 0, at = i * f; j < f; j++, at++) own += gram[at]! * sum[j]!
      total += moved[i]! * (start.r[from + i]! + end.r[from + i]! + own)
    }
    quadratic[row]! -= total
  }
  return quadratic
}

/** Puts the loss terms of each block of rows behind its Gram matrix; the observed one only where it was measured. */
function addLoss(
  blocks: Float64Array[],
  problem: OwnedProblem,
  rows: OwnedRows,
  vectors: FloatArray,
  quadratic: Float64Array | undefined,
): void {
  const { factors: f, regularization, counts } = problem
  for (let row = 0; row < counts.length; row++) {
    if (counts[row] === 0) continue
    let norm = 0
    for (let i = row * f; i < (row + 1) * f; i++) norm += vectors[i]! * vectors[i]!
    const sums = blocks[Math.floor(row / blockRanks)]!
    if (quadratic) sums[f * f]! += quadratic[row]! + rows.constants[row]!
    sums[f * f + 1]! += regularization[row]! * norm
  }
}
