/** The settings of ImplicitALS, with defaults that give a good model on counts and on clicks alike. */

import { inspect } from 'node:util'
import { UsageError } from '@gridify/core'
import { z } from 'zod'
import { checkNames } from './check-call.ts'
import { kernelVariants } from './kernels/vectors.ts'

/** Messages are rules that follow "must be". */
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const rule = `a whole number ${most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`}`
  return z.int(rule).min(least, rule).max(most, rule)
}
const positive = z.number('a number above 0').positive('a number above 0')
const notNegative = z.number('a number of at least 0').min(0, 'a number of at least 0')
const oneOf = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  z.enum(names, `one of ${names.map((name) => `'${name}'`).join(', ')}`)
const schema = z.strictObject({
  /** `half`: a row's ratings lie together, vectors move. `full`: K x L blocks, partial sums move too. */
  scheme: oneOf('half', 'full').default('half'),
  /** K and L of `full`: runs of users by runs of items; default: as square as `partitions` allows. */
  grid: z.tuple([whole(1), whole(1)], 'two whole numbers, as in [4, 2]').optional(),
  factors: whole(1, 1024).default(64),
  iterations: whole(1).default(15),
  objective: oneOf('rendle2021', 'hu2008').default('rendle2021'),
  confidence: oneOf('linear', 'log', 'binary').default('log'),
  alpha: z.union([positive, z.literal('auto')], "a number above 0, or 'auto'").default('auto'),
  /** Of confidence `log`. */
  epsilon: positive.optional(),
  unobservedWeight: positive.optional(),
  regularization: positive.default(0.003),
  regularizationExponent: notNegative.optional(),
  solver: oneOf('cg', 'cholesky').default('cg'),
  cgSteps: whole(1).optional(),
  seed: z.int('a whole number').default(1),
  /** Partitions of the factors, and in `half` of the ratings; default: one per slot, in `full` one per block. */
  partitions: whole(1).optional(),
  /** `auto`: the fastest that all executors run. */
  kernel: oneOf('auto', ...kernelVariants).default('auto'),
})

/** How a model is trained. */
// Not taken from the schema: a program that has no types of zod reads it.
export interface ALSOptions {
  /** `half` (the default): a row's ratings lie together, vectors move. `full`: K x L blocks, partial sums move too. */
  readonly scheme?: 'half' | 'full' | undefined
  /** K and L of `full`: runs of users by runs of items; default: as square as `partitions` allows. */
  readonly grid?: [number, number] | undefined
  /** The length of the vectors, 1 to 1024, 64 by default. */
  readonly factors?: number | undefined
  /** How often users and items are solved in turn, 15 by default. */
  readonly iterations?: number | undefined
  /**
   * What is made small: `rendle2021` (the default), in which a rating has its confidence as weight and every pair
   * `unobservedWeight` beside, or `hu2008`, in which those add up: 1 + confidence.
   */
  readonly objective?: 'rendle2021' | 'hu2008' | undefined
  /** From a value v to its weight: `log` (the default) alpha log(1 + v / epsilon), `linear` alpha v, `binary` alpha. */
  readonly confidence?: 'linear' | 'log' | 'binary' | undefined
  /** Scales weights; `auto` (the default) makes their mean 1. */
  readonly alpha?: number | 'auto' | undefined
  /** Of confidence `log`: values much below it count in proportion, 1 by default. */
  readonly epsilon?: number | undefined
  /** The weight of pairs without a rating in `rendle2021`, 0.05 by default. */
  readonly unobservedWeight?: number | undefined
  /** Keeps vectors short, 0.003 by default: multiplied by (ratings + unobservedWeight x others) ^ `regularizationExponent`. */
  readonly regularization?: number | undefined
  /** How `regularization` grows with a row's ratings in `rendle2021`: 1 (the default) in proportion, 0 not at all. */
  readonly regularizationExponent?: number | undefined
  /** `cg` (the default) takes a few steps of conjugate gradients from the last vectors, `cholesky` solves exactly. */
  readonly solver?: 'cg' | 'cholesky' | undefined
  /** How many steps of `cg`, 3 by default. */
  readonly cgSteps?: number | undefined
  /** Of the vectors at the start, 1 by default: equal seeds give equal models. */
  readonly seed?: number | undefined
  /** Partitions of the factors, and in `half` of the ratings; default: one per slot, in `full` one per block. */
  readonly partitions?: number | undefined
  /** `auto` (the default): the fastest that all executors run. */
  readonly kernel?: 'auto' | (typeof kernelVariants)[number] | undefined
}

/** Options with defaults filled in. */
export type ALSSettings = {
  [Name in Exclude<keyof ALSOptions, 'grid' | 'partitions'>]-?: Exclude<ALSOptions[Name], undefined>
} & {
  [Name in 'grid' | 'partitions']?: ALSOptions[Name]
}

/**
 * The settings that `ImplicitALS` makes of options.
 * @throws UsageError for an option that does not exist, is out of range, or that the other options do not use.
 * @example
 * const { factors, solver, cgSteps } = resolveOptions({ factors: 32 })
 * ;[factors, solver, cgSteps] // [32, 'cg', 3]
 */
export function resolveOptions(options: ALSOptions): ALSSettings {
  checkNames('ImplicitALS', options, Object.keys(schema.shape))
  if ((options.scheme as unknown) === 'auto')
    throw new UsageError("ImplicitALS: scheme 'auto' does not exist yet; choose 'half' or 'full'")
  const defined = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const result = schema.safeParse(defined)
  if (!result.success) {
    const issue = result.error.issues[0]!
    const got = issue.path.reduce((value: unknown, key) => (value as Record<PropertyKey, unknown>)[key], defined)
    throw new UsageError(
      `ImplicitALS: option \`${issue.path.join('.')}\` must be ${issue.message}, got ${inspect(got, { breakLength: Infinity })}`,
    )
  }
  const given = result.data
  const unused = (name: keyof ALSOptions, because: string, cure: string) => {
    if (given[name] !== undefined)
      throw new UsageError(`ImplicitALS: ${because} does not use \`${name}\`; leave it out, or use ${cure}`)
  }
  if (given.confidence !== 'log') unused('epsilon', `confidence '${given.confidence}'`, "'log'")
  if (given.solver !== 'cg') unused('cgSteps', `solver '${given.solver}'`, "'cg'")
  if (given.scheme !== 'full') unused('grid', "scheme 'half'", "'full'")
  const common = { ...given, epsilon: given.epsilon ?? 1, cgSteps: given.cgSteps ?? 3 }
  if (given.objective === 'hu2008') {
    unused('unobservedWeight', "objective 'hu2008'", "'rendle2021'")
    unused('regularizationExponent', "objective 'hu2008'", "'rendle2021'")
    // c = 1 + w: the unobserved weight is 1, and lambda is the same for every row.
    return { ...common, unobservedWeight: 1, regularizationExponent: 0 }
  }
  return {
    ...common,
    unobservedWeight: given.unobservedWeight ?? 0.05,
    regularizationExponent: given.regularizationExponent ?? 1,
  }
}
