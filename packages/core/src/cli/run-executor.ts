/** The life of the `executor` command: options, one line when ready, and the signals that end it. */

import { readFile } from 'node:fs/promises'
import { GridifyError, UsageError } from '../base/errors.ts'
import { isLoopback, Supervisor } from '../executor/supervisor/supervisor.ts'
import { loadSecret } from '../transport/secret.ts'
import { parseExecutorOptions } from './executor-options.ts'
import { formatBytes } from './parse-bytes.ts'

/** Bad options end with 2, anything else that keeps it from running with 1; `entry` is another session program. */
export async function runExecutor(argv: readonly string[], entry?: URL): Promise<void> {
  // A log that nobody reads any more must not end the daemon.
  process.stderr.on('error', () => {})
  process.stdout.on('error', () => {})
  const options = orExit(2, () => parseExecutorOptions(argv, process.env))
  try {
    const { host, port, cores, memoryBytes, heapBytes, advertise, insecure, workDir, root, imports } = options
    const secret = await loadSecret({
      file: options.secretFile,
      loopback: isLoopback(host),
      warn: (message) => log(`warning: ${message}`),
    })
    const tls =
      options.tlsCert && options.tlsKey
        ? { cert: await readPem('--tls-cert', options.tlsCert), key: await readPem('--tls-key', options.tlsKey) }
        : undefined
    const supervisor = await Supervisor.start({
      host,
      port,
      cores,
      memoryBytes,
      heapBytes,
      advertise,
      insecure,
      workDir,
      root,
      imports,
      secret,
      tls,
      log,
      ...(entry ? { entry } : {}),
    })
    endOnSignals(supervisor, options.drainTimeoutMs)
    const size = `${cores} ${cores === 1 ? 'core' : 'cores'}, ${formatBytes(memoryBytes)}`
    process.stdout.write(`executor listening on ${supervisor.url} (${size})\n`)
  } catch (error) {
    complain(error)
    process.exit(1)
  }
}

/** The first signal drains, the second ends at once. A daemon that was forked ends with its parent. */
function endOnSignals(supervisor: Supervisor, drainTimeoutMs: number): void {
  let isDraining = false
  const end = () => {
    if (isDraining) {
      supervisor.kill()
      process.exit(1)
    }
    isDraining = true
    log('draining: running sessions may finish; a second signal ends them')
    supervisor.drain(drainTimeoutMs).then(
      () => process.exit(0),
      (error) => {
        complain(error)
        supervisor.kill()
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.on('disconnect', () => {
    supervisor.kill()
    process.exit(1)
  })
}

function log(line: string): void {
  process.stderr.write(`${line}\n`)
}

function orExit<T>(exitCode: number, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    complain(error)
    process.exit(exitCode)
  }
}

/** What the user did needs no stack of ours; a bug of ours does. */
function complain(error: unknown): void {
  const text =
    error instanceof GridifyError && error.family !== 'internal'
      ? error.message
      : String((error as Error).stack ?? error)
  log(`executor: ${text}`)
}

async function readPem(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new UsageError(`${option} ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}
