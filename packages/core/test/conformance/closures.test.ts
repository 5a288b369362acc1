import { createContext, type LogRecord } from '@gridify/core'
import { expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'

class Shape {
  readonly side: number
  constructor(side: number) {
    this.side = side
  }
  area(): number {
    return this.side
  }
}

class Square extends Shape {
  override area(): number {
    return super.area() ** 2
  }
}

onEveryCluster((context) => {
  test('a class that several functions capture is one class in a task', async () => {
    const areas = context()
      .range(0, 4, { partitions: 2 })
      .map((side) => new Square(side))
      .filter((shape) => shape instanceof Square && shape instanceof Shape)
      .map((shape) => [shape.area(), shape.constructor === Square])
    expect(await areas.collect()).toEqual([
      [0, true],
      [1, true],
      [4, true],
      [9, true],
    ])
  })

  test('a class whose methods assign to a captured variable starts anew in each task, and is one class inside it', async () => {
    let made = 0
    class Counted {
      readonly number = ++made
    }
    const numbers = context()
      .range(0, 4, { partitions: 2 })
      .map(() => new Counted())
      .filter((each) => each instanceof Counted)
      .map((each) => each.number)
    expect(await numbers.collect()).toEqual([1, 2, 1, 2])
  })
})

test('an assignment to a captured variable is warned of once per call', async () => {
  const records: LogRecord[] = []
  const context = await createContext({ master: 'memory[1]', onLog: (record) => records.push(record) })
  let total = 0
  for (let round = 0; round < 3; round++) await context.range(0, 2).map((n) => (total += n)).count() // prettier-ignore
  await context.stop()
  const warnings = records.filter(({ level }) => level === 'warn').map(({ message }) => message)
  expect(warnings).toEqual([
    expect.stringMatching(
      /^map\(\) at \S+closures\.test\.ts:\d+:\d+ assigns to captured variable `total`; each task gets its own copy: use an accumulator$/,
    ),
  ])
})
