/** Runs the executor command as users do, from dist. */

import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Finished {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export interface Daemon {
  readonly process: ChildProcess
  /** The first line of its standard output; rejects when it ends without one. */
  readonly banner: Promise<string>
  readonly finished: Promise<Finished>
}

const command = new URL('../../lib/executor.js', import.meta.url)

export function runExecutor(
  argv: readonly string[],
  environment: Record<string, string> = {},
  program = command,
): Daemon {
  const child = spawn(process.execPath, [program.pathname, ...argv], { env: { ...process.env, ...environment } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const finished = new Promise<Finished>((resolve) =>
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr })),
  )
  const banner = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    void finished.then(({ stderr }) => reject(new Error(`ended without a line: ${stderr}`)))
  })
  banner.catch(() => {})
  return { process: child, banner, finished }
}
