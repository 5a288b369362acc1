/** A context on every kind of cluster that people run: threads, a local cluster, and daemons that were started apart. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, type Context } from '@gridify/core'
import { runExecutor } from '../../core/test/cli/daemon.ts'

export const clusterKinds = ['local[2]', 'local-cluster[2,1]', 'two daemons'] as const

export interface OpenCluster {
  readonly context: Context
  stop(): Promise<void>
}

export async function openCluster(kind: (typeof clusterKinds)[number]): Promise<OpenCluster> {
  if (kind !== 'two daemons') {
    const context = await createContext({ master: kind })
    return { context, stop: () => context.stop() }
  }
  const folder = mkdtempSync(join(tmpdir(), 'gridify-test-'))
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, 'a secret of this test, long enough to be one', { mode: 0o600 })
  const daemons = [1, 2].map(() =>
    runExecutor(['--port', '0', '--cores', '1', '--secret-file', secretFile, '--work-dir', folder]),
  )
  const end = async () => {
    for (const daemon of daemons) daemon.process.kill('SIGTERM')
    await Promise.all(daemons.map(({ finished }) => finished))
    rmSync(folder, { recursive: true })
  }
  try {
    const banners = await Promise.all(daemons.map(({ banner }) => banner))
    const context = await createContext({ executors: banners.map((line) => line.split(' ')[3]!), secretFile })
    return {
      context,
      async stop() {
        await context.stop()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}
