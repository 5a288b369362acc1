/** The same tests on every kind of cluster. */
import { createContext, type Context } from '@gridify/core'
import { afterAll, beforeAll, describe } from 'vitest'

const clusters = ['memory[2]', 'local[2]', 'local-cluster[2,1]']

/** `body` declares tests; the context exists once they run. */
export function onEveryCluster(body: (context: () => Context, master: string) => void): void {
  describe.each(clusters)('%s', (master) => {
    let context: Context
    beforeAll(async () => {
      context = await createContext({ master })
    })
    afterAll(() => context.stop())
    body(() => context, master)
  })
}
