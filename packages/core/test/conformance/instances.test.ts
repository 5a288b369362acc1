import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registerClass, UsageError } from '@gridify/core'
import { expect, test } from 'vitest'
import { expectExactly } from '../codec/exactly.ts'
import { onEveryCluster } from './every-cluster.ts'

class Point {
  x: number
  y: number
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
  norm(): number {
    return Math.hypot(this.x, this.y)
  }
}

class Shape {
  name = 'shape'
  area(): number {
    return 0
  }
}

class Circle extends Shape {
  override name = 'circle'
  readonly center: Point
  constructor(center: Point) {
    super()
    this.center = center
  }
  override area(): number {
    return Math.PI * this.center.norm() ** 2
  }
}

class NotFound extends Error {
  readonly code = 'E_NOT_FOUND'
  readonly path: string
  constructor(path: string) {
    super(`no ${path}`)
    this.path = path
  }
}

class Stack extends Array<number> {
  top(): number | undefined {
    return this.at(-1)
  }
}

class Money {
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents(): number {
    return this.#cents
  }
  plus(other: Money): Money {
    return new Money(this.#cents + other.#cents)
  }
}
registerClass(Money, { encode: (money) => money.cents, decode: (cents) => new Money(cents) })

class Bag extends Map<string, number> {
  total(): number {
    return [...this.values()].reduce((sum, n) => sum + n, 0)
  }
}
registerClass(Bag, { name: 'a bag', encode: (bag) => [...bag], decode: (entries) => new Bag(entries) })

class Secret {
  #hidden = 1
  get hidden(): number {
    return this.#hidden
  }
}

class NeverSeen {
  x = 1
}

class Temperatures extends Map<string, number> {}

onEveryCluster((context) => {
  test('instances made in tasks come back as instances of the driver’s class', async () => {
    const points = await context()
      .range(0, 3)
      .map((n) => new Point(n, -0))
      .collect()
    expectExactly(points, [new Point(0, -0), new Point(1, -0), new Point(2, -0)])
  })

  test('instances in parallelize() have their methods in functions that do not name the class', async () => {
    const norms = context()
      .parallelize([new Point(3, 4), new Circle(new Point(0, 1))])
      .map((shape) => ('norm' in shape ? shape.norm() : shape.area()))
    expect(await norms.collect()).toEqual([5, Math.PI])
  })

  test('a class is one class in all functions of a stage', async () => {
    const circles = context()
      .range(0, 2)
      .map((n) => new Circle(new Point(n, 0)))
      .filter((shape) => shape instanceof Circle)
      .filter((shape) => shape instanceof Shape && shape.center instanceof Point)
    expectExactly(await circles.collect(), [new Circle(new Point(0, 0)), new Circle(new Point(1, 0))])
  })

  test('instances survive shuffle, cache and grouping, with their class', async () => {
    const pairs = context()
      .range(0, 4, { partitions: 2 })
      .map((n) => [n % 2, new Circle(new Point(n, 0))])
      .partitionBy(3)
      .cache()
    expect(await pairs.map(([k, circle]) => [k, circle instanceof Circle && circle.center.norm()]).collect()).toEqual(
      await pairs.map(([k, circle]) => [k, circle.center.x]).collect(),
    )
    const groups = await pairs.groupByKey().collectAsMap()
    expectExactly(groups.get(1), [new Circle(new Point(1, 0)), new Circle(new Point(3, 0))])
    const checkpointed = await pairs.checkpoint()
    expect(await checkpointed.map(([, circle]) => circle.area() / Math.PI).sum()).toBe(14)
  })

  test('a broadcast and a zero value may hold instances', async () => {
    const shared = context().broadcast({ origin: new Point(3, 4) })
    expect(
      await context()
        .range(0, 2)
        .map(() => shared.value.origin.norm())
        .collect(),
    ).toEqual([5, 5])
    const sum = await context()
      .range(0, 4)
      .aggregate(
        new Point(0, 0),
        (total, n) => new Point(total.x + n, total.y + 1),
        (a, b) => new Point(a.x + b.x, a.y + b.y),
      )
    // The zero counts once more on the driver, and adds nothing.
    expectExactly(sum, new Point(6, 4))
  })

  test('asynchronous steps make instances', async () => {
    const points = context()
      .range(0, 2)
      .mapAsync(async (n) => new Point(n, n))
      .map((point) => (point instanceof Point ? point : undefined))
    expectExactly(await points.collect(), [new Point(0, 0), new Point(1, 1)])
  })

  test('errors and arrays of classes keep class, message and properties', async () => {
    const stack = Stack.from([1, 2]) as Stack
    const rows = await context()
      .parallelize<object>([new NotFound('a.txt'), stack], 1)
      .map((row) => (row instanceof Stack && row.top() === 2 ? row : row instanceof NotFound ? row : undefined))
      .collect()
    expect(rows.map((row) => row instanceof NotFound && [row.message, row.code, row.path])).toEqual([
      ['no a.txt', 'E_NOT_FOUND', 'a.txt'],
      false,
    ])
    expect([rows[1] instanceof Stack, [...(rows[1] as Stack)], (rows[1] as Stack).top()]).toEqual([true, [1, 2], 2])
  })

  test('a registered class travels by its own form, private fields and all', async () => {
    const bonus = new Money(1)
    const totals = await context()
      .parallelize([new Money(250), new Money(50)], 2)
      .map((money) => ['all', money.plus(bonus)])
      .reduceByKey((a, b) => a.plus(b))
      .collect()
    expect(totals.map(([key, money]) => [key, money instanceof Money, money.cents])).toEqual([['all', true, 302]])
    const bags = await context()
      .parallelize([new Bag([['a', 1]])])
      .map((bag) => (bag instanceof Bag && bag.total() === 1 ? new Bag([...bag, ['b', 2]]) : undefined))
      .collect()
    expect([bags[0] instanceof Bag, bags[0]?.total()]).toEqual([true, 3])
  })

  test('each stage reads instances as the class that its own functions captured', async () => {
    let factor = 2
    const scalerOf = () => {
      class Scaler {
        n: number
        constructor(n: number) {
          this.n = n
        }
        scaled(): number {
          return this.n * factor
        }
      }
      return Scaler
    }
    const Scaler = scalerOf()
    const doubled = context()
      .range(1, 3)
      .map((n) => [n, new Scaler(n)])
      .partitionBy(2)
      .mapValues((scaler) => (scaler instanceof Scaler ? scaler.scaled() : -1))
    factor = 100
    const hundredfold = context()
      .range(1, 3)
      .map((n) => [n, new Scaler(n)])
      .partitionBy(2)
      .mapValues((scaler) => (scaler instanceof Scaler ? scaler.scaled() : -1))
    for (let round = 0; round < 2; round++) {
      expect(await doubled.values().sum()).toBe(6)
      expect(await hundredfold.values().sum()).toBe(300)
    }
  })

  test('refuses what an instance does not show, and says what to do', async () => {
    const cure = (name: string) => `say how it travels: registerClass(${name}, { encode, decode })`
    expect(() => context().parallelize([{ a: new Secret() }])).toThrow(
      new UsageError(
        `an instance of Secret (at value.a) has private (#) fields, which cannot be read; ${cure('Secret')}`,
      ),
    )
    await expect(
      context()
        .range(0, 1)
        .map(() => new Secret())
        .collect(),
    ).rejects.toThrow(`an instance of Secret has private (#) fields, which cannot be read; ${cure('Secret')}`)
    expect(() => context().broadcast(new Temperatures())).toThrow(/Temperatures .*registerClass\(Temperatures/)
  })

  test('refuses instances of a class that only a task knows', async () => {
    const made = context()
      .range(0, 1)
      .map(() => {
        class Inner {
          x = 1
        }
        return new Inner()
      })
    await expect(made.collect()).rejects.toThrow(
      'an instance of Inner is of a class that the driver does not know, since it was made inside a task; define the class outside of the function',
    )
  })

  test('an object file holds instances of registered classes alone, since other programs read it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gridify-instances-'))
    try {
      await context()
        .parallelize([new Money(7), new Money(8)])
        .saveAsObjectFile(join(folder, 'money'))
      const read = await context()
        .objectFile<Money>(join(folder, 'money'))
        .map((money) => money.plus(new Money(1)))
        .collect()
      expect(read.map((money) => money instanceof Money && money.cents)).toEqual([8, 9])
      await expect(
        context()
          .parallelize([new Point(1, 2)])
          .saveAsObjectFile(join(folder, 'points')),
      ).rejects.toThrow(
        'an instance of Point is of a class without a name that outlives this program; register it before it is saved: registerClass(Point, { encode, decode })',
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('refuses instances as keys', async () => {
    await expect(
      context()
        .parallelize([[new NeverSeen(), 1]])
        .reduceByKey((a, b) => a + b)
        .collect(),
    ).rejects.toThrow(/an instance of NeverSeen cannot be compared by value, so it cannot be a key/)
  })
})
