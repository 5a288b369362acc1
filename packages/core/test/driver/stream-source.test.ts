/** Streams that have no end, or never wait: the driver stays alive, and a signal ends the reading. */
import { createContext } from '@gridify/core'
import { expect, test } from 'vitest'

test.each(['never waits', 'keeps its reader waiting'])(
  'a stream without an end that %s is read until the signal',
  async (how) => {
    await using context = await createContext({ master: 'memory[1]' })
    let ended = false
    async function* rows() {
      try {
        if (how === 'never waits') for (let i = 0; ; i++) yield i
        yield 0
        await new Promise(() => {})
      } finally {
        ended = true
      }
    }
    const dataset = context.fromStream(rows())
    const rule =
      /^fromStream\(\) at .*stream-source.test.ts:\d+:\d+: reading the stream was aborted, by the signal of the action/
    await expect(dataset.take(3, { signal: AbortSignal.timeout(50) })).rejects.toThrow(rule)
    await expect(dataset.count()).rejects.toThrow(rule)
    if (how === 'never waits') expect(ended).toBe(true)
  },
)

test('timers fire while a long stream is read', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  let fired = 0
  const timer = setInterval(() => fired++, 1)
  async function* rows() {
    const end = performance.now() + 100
    for (let i = 0; performance.now() < end; i++) yield i
  }
  expect(await context.fromStream(rows()).isEmpty()).toBe(false)
  clearInterval(timer)
  expect(fired).toBeGreaterThan(1)
})

test('a stream that is being read ends with its context', async () => {
  const context = await createContext({ master: 'memory[1]' })
  const read = context
    .fromStream(
      (async function* () {
        yield 0
        await new Promise(() => {})
      })(),
    )
    .count()
  const ended = Promise.allSettled([read])
  await context.stop()
  expect(await ended).toMatchObject([{ status: 'rejected', reason: { name: 'AbortedError' } }])
})
