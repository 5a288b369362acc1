import { expect, test } from 'vitest'
import { deferred } from '../../src/base/async.ts'
import { virtualClock } from '../../src/base/virtual-clock.ts'
import { fairDelivery } from '../../src/transport/fair-delivery.ts'

test('no time passes while a message waits, however long those before it take', async () => {
  const { deliver, isWaiting } = fairDelivery()
  const clock = virtualClock(isWaiting)
  const order: (string | number)[] = []
  const last = deferred<void>()
  clock.after(1000, () => {
    order.push(clock.now())
    last.resolve()
  })
  for (const number of [1, 2, 3])
    deliver(() => {
      // Longer than a turn: the delivery pauses for the event loop after each.
      const end = performance.now() + 30
      while (performance.now() < end);
      order.push(`message ${number}`)
    })
  await last.promise
  expect(order).toEqual(['message 1', 'message 2', 'message 3', 1000])
})
test('timers fire in the order of their times; one taken back does not', async () => {
  const clock = virtualClock(() => false)
  const fired: number[] = []
  const last = deferred<void>()
  clock.after(30, () => {
    fired.push(clock.now())
    last.resolve()
  })
  clock.after(10, () => {
    fired.push(clock.now())
    clock.after(5, () => fired.push(clock.now()))
  })
  clock.after(20, () => fired.push(-1))()
  await last.promise
  expect(fired).toEqual([10, 15, 30])
})
