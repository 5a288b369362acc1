/** The process of one scheme: loads the data, trains, measures, answers over IPC and ends. Entry file, imported by nobody. */

import { createHash } from 'node:crypto'
import { AbortedError, createContext, UsageError } from '@gridify/core'
import { evaluateFactors } from './evaluate-factors.ts'
import { loadData } from './load-data.ts'
import { trainMapReduce } from './mapreduce.ts'
import type { SchemeMessage, TrainedScheme, TrainRequest } from './scheme-messages.ts'
import { relatedInGenre, showcase } from './showcase.ts'
import { trainGridify } from './train-gridify.ts'

const say = (message: SchemeMessage) => {
  if (process.connected) process.send!(message)
}
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort())
// The main job died without a word.
process.on('disconnect', () => stopped.abort())

process.once('message', (request) => {
  void answer(request as TrainRequest).finally(() => {
    if (process.connected) process.disconnect()
  })
})

async function answer(request: TrainRequest): Promise<void> {
  try {
    say({ type: 'trained', trained: await train(request) })
  } catch (error) {
    if (error instanceof AbortedError && stopped.signal.aborted) return
    say({
      type: 'failed',
      message:
        error instanceof UsageError
          ? error.message
          : `${request.scheme}: ${error instanceof Error ? error.message : String(error)}`,
    })
    if (process.env['GRIDIFY_DEBUG']) console.error(error)
  }
}

async function train({ scheme, options, workFolder, wantsShowcase }: TrainRequest): Promise<TrainedScheme> {
  say({ type: 'note', text: 'loading the data' })
  const data = await loadData(options)
  const { master, executors, secretFile } = options
  await using context = await createContext({
    ...(executors ? { executors: [...executors] } : {}),
    ...(master === undefined ? {} : { master }),
    ...(secretFile === undefined ? {} : { secretFile }),
    // Address space: a page costs memory when it is first written.
    memoryBytes: 3 * 2 ** 30,
    workDir: workFolder,
    shuffleStorage: scheme === 'mapreduce' ? 'disk' : 'memory',
  })
  const hooks = {
    signal: stopped.signal,
    onIteration: (progress: Parameters<typeof announce>[0]) => announce(progress),
  }
  say({ type: 'note', text: 'preparing the blocks' })
  const started = performance.now()
  const trained =
    scheme === 'mapreduce'
      ? await trainMapReduce(context, data, options, workFolder, hooks)
      : await trainGridify(context, scheme, data, options, hooks)
  const seconds = (performance.now() - started) / 1000
  const { executorsLost, tasksRerun } = context.metrics()
  await context.stop()
  say({ type: 'note', text: 'measuring Recall and NDCG' })
  const quality = evaluateFactors(trained.factors, data)
  const { factors, settings, warnings, secondsPerIteration, movedBytes, networkBytes, diskBytes, loss, kernel } =
    trained
  return {
    report: {
      seconds,
      secondsPerIteration,
      movedBytes,
      networkBytes,
      diskBytes,
      loss,
      recallAt20: quality.recall,
      ndcgAt20: quality.ndcg,
      factorsSha256: { users: sha256(factors.users), items: sha256(factors.items) },
      executorsLost,
      tasksRerun,
      kernel,
    },
    settings: { ...settings },
    warnings,
    showcase: wantsShowcase && trained.model ? showcase(trained.model, data) : [],
    ...(wantsShowcase && trained.model && data.isGenerated ? { relatedInGenre: relatedInGenre(trained.model) } : {}),
    ownPeakRssBytes: process.resourceUsage().maxRSS * 1024,
  }
}

function announce(progress: { iteration: number; iterations: number; loss: number; seconds: number }): void {
  say({ type: 'iteration', ...progress })
}

function sha256(vectors: Float32Array): string {
  return createHash('sha256').update(vectors).digest('hex')
}
