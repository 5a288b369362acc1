/** The options of ImplicitALS for one scheme of a run. */

import { resolveOptions } from '@gridify/mf/kernels'
import type { ALSOptions, ALSSettings } from '@gridify/mf'
import type { RecommendOptions, Scheme } from './options.ts'

/** `grid` is for full alone, whichever schemes it was given with; mapreduce solves what half does. */
export function modelOptions(scheme: Scheme, { model, partitions }: RecommendOptions): ALSOptions {
  const { grid, ...rest } = model
  return {
    ...rest,
    scheme: scheme === 'full' ? 'full' : 'half',
    ...(scheme === 'full' && grid !== undefined ? { grid } : {}),
    ...(partitions === undefined ? {} : { partitions }),
  } as ALSOptions
}

/** @throws UsageError that names the option, its rule and what was given. */
export function modelSettings(scheme: Scheme, options: RecommendOptions): ALSSettings {
  return resolveOptions(modelOptions(scheme, options))
}
