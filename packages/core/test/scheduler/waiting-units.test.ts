import { expect, test } from 'vitest'
import type { ExecutorId } from '../../src/base/ids.ts'
import { WaitingUnits } from '../../src/scheduler/waiting-units.ts'

const [a, b, c] = ['a', 'b', 'c'] as ExecutorId[] as [ExecutorId, ExecutorId, ExecutorId]

test('each executor finds the units that prefer it, in the order in which they came', () => {
  const waiting = new WaitingUnits()
  waiting.add(4, [a, b], 10)
  waiting.add(2, [b], 10)
  waiting.add(9, [a], 20)
  expect([a, b, c].map((executor) => [...waiting.of(executor)])).toEqual([[4, 9], [4, 2], []])
  expect(waiting.first).toEqual({ unit: 4, since: 10 })
  waiting.delete(4)
  waiting.delete(7)
  expect([a, b].map((executor) => [...waiting.of(executor)])).toEqual([[9], [2]])
  expect(waiting.first).toEqual({ unit: 2, since: 10 })
  expect(waiting.clear()).toEqual([2, 9])
  expect([waiting.first, [...waiting.of(a)]]).toEqual([undefined, []])
})
test('a walk goes on over what is deleted meanwhile', () => {
  const waiting = new WaitingUnits()
  for (const unit of [1, 2, 3]) waiting.add(unit, [a], 0)
  const seen: number[] = []
  for (const unit of waiting.of(a)) {
    seen.push(unit)
    waiting.delete(unit)
  }
  expect({ seen, left: waiting.clear() }).toEqual({ seen: [1, 2, 3], left: [] })
})
