import { createContext } from '@gridify/core'
import { expect, test } from 'vitest'

test('a stopped context hands out no broadcast and no accumulator', async () => {
  const context = await createContext({ master: 'memory[1]' })
  await context.stop()
  expect(() => context.broadcast(1)).toThrow(/^broadcast\(\) at .*: the context is stopped; create another one$/)
  expect(() => context.accumulator()).toThrow(/^accumulator\(\) at .*: the context is stopped; create another one$/)
})

test('a path that is no text is refused', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  expect(() => context.textFile(5 as unknown as string)).toThrow(
    'textFile() needs the path of a file or folder, or a pattern of paths, got 5',
  )
})
