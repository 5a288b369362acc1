/** Trains half or full gridify: ImplicitALS does all of it, this only counts. */

import type { Context } from '@gridify/core'
import { ImplicitALS, type IterationReport } from '@gridify/mf'
import type { Data } from './load-data.ts'
import { modelOptions } from './model-options.ts'
import type { RecommendOptions } from './options.ts'
import type { TrainedFactors, TrainingHooks } from './trained-factors.ts'

export async function trainGridify(
  context: Context,
  scheme: 'half' | 'full',
  data: Data,
  options: RecommendOptions,
  { onIteration, signal }: TrainingHooks,
): Promise<TrainedFactors> {
  const settings = modelOptions(scheme, options)
  const fitted = await new ImplicitALS(settings).fit(data.train, {
    context,
    users: data.users,
    items: data.items,
    signal,
    onIteration: (report) => onIteration({ ...report, iterations: settings.iterations ?? 15 }),
  })
  const { iterations, kernel, warnings } = fitted.report
  const mean = (of: (report: IterationReport) => number) =>
    iterations.reduce((sum, report) => sum + of(report), 0) / iterations.length
  return {
    model: fitted,
    factors: { users: fitted.userFactors, items: fitted.itemFactors },
    loss: iterations.map(({ loss }) => loss),
    secondsPerIteration: mean(({ seconds }) => seconds),
    movedBytes: mean(({ movedBytes }) => movedBytes),
    networkBytes: mean(({ networkBytes }) => networkBytes),
    diskBytes: mean(({ diskBytes }) => diskBytes),
    kernel,
    settings: fitted.report.settings,
    warnings,
  }
}
