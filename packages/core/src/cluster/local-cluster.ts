/** `local-cluster[n,cores]`: n real executor daemons on loopback, which end with this process. */

import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Config } from '../base/config.ts'
import { defaultMemoryBytes } from '../base/memory-budget.ts'
import { ClusterError } from '../base/errors.ts'
import { entryFile } from '../base/package-files.ts'
import { ownedPath } from '../storage/owned-folder.ts'
import type { Cluster } from './cluster.ts'
import { connectDaemons } from './daemons.ts'

export async function startLocalCluster(
  executors: number,
  cores: number,
  config: Config,
  workParent: string,
): Promise<Cluster> {
  const folder = ownedPath(workParent, 'cluster')
  mkdirSync(folder, { mode: 0o700 })
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, randomBytes(32).toString('hex'), { mode: 0o600 })
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  // The secret must not outlive a script that ends by process.exit().
  process.once('exit', removeFolder)
  const children: ChildProcess[] = []
  const end = async () => {
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const exited = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGTERM')
        const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
        await exited
        clearTimeout(timer)
      }),
    )
    process.off('exit', removeFolder)
    removeFolder()
  }
  try {
    const urls = await Promise.all(
      Array.from({ length: executors }, () => {
        const child = fork(
          fileURLToPath(entryFile('executor')),
          [
            '--port',
            '0',
            '--cores',
            `${cores}`,
            '--memory',
            `${config.memoryBytes ?? defaultMemoryBytes(executors)}`,
            ...(config.heapBytes === undefined ? [] : ['--heap', `${config.heapBytes}`]),
            '--secret-file',
            secretFile,
            '--work-dir',
            folder,
          ],
          { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
        )
        children.push(child)
        return addressOf(child)
      }),
    )
    const cluster = await connectDaemons(urls, { secretFile })
    // All have read it; a script that is killed leaves no secret.
    rmSync(secretFile)
    return {
      ...cluster,
      async stop() {
        await cluster.stop()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** Waits for the one line that a daemon prints when it is ready. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaint = ''
    child.stderr!.on('data', (text: Buffer) => {
      complaint = `${complaint}${text.toString()}`.slice(-2000)
    })
    createInterface(child.stdout!).on('line', (line) => {
      const found = /^executor listening on (\S+)/.exec(line)?.[1]
      if (found) resolve(found)
    })
    child.once('exit', (code, signal) =>
      reject(
        new ClusterError(
          `an executor of the local cluster ended at its start (${signal ?? `code ${code}`}): ${complaint.trim()}`,
        ),
      ),
    )
  })
}
