/** Trains one scheme in a process tree of its own, so that schemes do not share caches, heaps or leftovers. */

import { fork, type ChildProcess } from 'node:child_process'
import { AbortedError, ClusterError, UsageError } from '@gridify/core'
import { startProcessTreeMeter, type ProcessTreeMeter } from './process-tree-meter.ts'
import type { ProgressBar } from './progress-bar.ts'
import type { SchemeMessage, TrainedScheme, TrainRequest } from './scheme-messages.ts'
import type { SchemeReport } from './scheme-report.ts'

/** Between asking the process to stop and ending it. */
const patienceMs = 1_200

export interface FinishedScheme extends Omit<TrainedScheme, 'report' | 'ownPeakRssBytes'> {
  readonly report: SchemeReport
  readonly memoryMethod: ProcessTreeMeter['method']
}

export async function runSchemeProcess(
  request: TrainRequest,
  bar: ProgressBar,
  signal: AbortSignal,
): Promise<FinishedScheme> {
  const child = fork(new URL('train-scheme.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const meter = startProcessTreeMeter(child.pid!)
  const stop = () => stopChild(child)
  signal.addEventListener('abort', stop)
  try {
    if (signal.aborted) stop()
    child.send(request)
    const { report, ownPeakRssBytes, ...rest } = await outcomeOf(child, request.scheme, bar, signal)
    return {
      ...rest,
      report: { ...report, peakRssBytes: meter.peakBytes() ?? ownPeakRssBytes },
      memoryMethod: meter.method,
    }
  } finally {
    signal.removeEventListener('abort', stop)
    meter.stop()
    bar.end()
  }
}

/** Settles when the process has ended, so that nothing of it is left when the next one starts. */
function outcomeOf(child: ChildProcess, scheme: string, bar: ProgressBar, signal: AbortSignal): Promise<TrainedScheme> {
  return new Promise((resolve, reject) => {
    let trained: TrainedScheme | undefined
    let failure: Error | undefined
    child.on('message', (message: SchemeMessage) => {
      switch (message.type) {
        case 'note':
          return bar.note(message.text)
        case 'iteration':
          return bar.show(message)
        case 'trained':
          trained = message.trained
          return
        case 'failed':
          failure = new UsageError(message.message)
      }
    })
    child.on('error', (error) => (failure ??= new ClusterError(`${scheme}: ${error.message}`, { cause: error })))
    child.once('close', (code, killedBy) => {
      if (signal.aborted) reject(new AbortedError('the run was stopped'))
      else if (failure) reject(failure)
      else if (trained) resolve(trained)
      else reject(new ClusterError(`${scheme}: its process ended early (${killedBy ?? `code ${code}`})`))
    })
  })
}

function stopChild(child: ChildProcess): void {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  child.once('close', () => clearTimeout(timer))
}
