/** The settings of ImplicitALS, with defaults that give a good model on counts and on clicks alike. */

import { UsageError } from '@gridify/core'
import { z } from 'zod'

const positive = z.number().positive()
const schema = z.strictObject({
  scheme: z.enum(['half']).default('half'),
  factors: z.int().min(1).max(1024).default(64),
  iterations: z.int().min(1).default(15),
  objective: z.enum(['rendle2021', 'hu2008']).default('rendle2021'),
  confidence: z.enum(['linear', 'log', 'binary']).default('log'),
  alpha: z.union([positive, z.literal('auto')]).default('auto'),
  epsilon: positive.default(1),
  unobservedWeight: positive.optional(),
  regularization: positive.default(0.003),
  regularizationExponent: z.number().min(0).optional(),
  solver: z.enum(['cg', 'cholesky']).default('cg'),
  cgSteps: z.int().min(1).default(3),
  seed: z.int().default(1),
  partitions: z.int().min(1).optional(),
})

export type ALSOptions = z.input<typeof schema>
export type ALSSettings = Omit<z.output<typeof schema>, 'unobservedWeight' | 'regularizationExponent'> & {
  unobservedWeight: number
  regularizationExponent: number
}

export function resolveOptions(options: ALSOptions): ALSSettings {
  const scheme: unknown = options.scheme
  if (scheme === 'full' || scheme === 'auto')
    throw new UsageError(`ImplicitALS: scheme '${scheme}' does not exist yet; use 'half'`)
  const result = schema.safeParse(options)
  if (!result.success) {
    const issue = result.error.issues[0]!
    if (issue.code === 'unrecognized_keys')
      throw new UsageError(`ImplicitALS has no option \`${issue.keys[0]}\`; it has ${Object.keys(schema.shape).join(', ')}`)
    throw new UsageError(`ImplicitALS: option \`${issue.path.join('.')}\`: ${issue.message}`)
  }
  const given = result.data
  if (given.objective === 'hu2008') {
    for (const name of ['unobservedWeight', 'regularizationExponent'] as const)
      if (given[name] !== undefined) throw new UsageError(`ImplicitALS: objective 'hu2008' does not use \`${name}\`; leave it out, or use 'rendle2021'`)
    return { ...given, unobservedWeight: 1, regularizationExponent: 0 }
  }
  return { ...given, unobservedWeight: given.unobservedWeight ?? 0.05, regularizationExponent: given.regularizationExponent ?? 1 }
}
