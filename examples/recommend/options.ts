/** The command line of the main job. What a model option may be is for ImplicitALS to say; here it only becomes a value. */

import { UsageError } from '@gridify/core'
import { closest } from 'fastest-levenshtein'
import yargs, { type Options } from 'yargs'
import { defaultLogSize } from './generate-listens.ts'

export const schemes = ['half', 'full', 'mapreduce'] as const
export type Scheme = (typeof schemes)[number]

export interface RecommendOptions {
  readonly data?: string
  readonly master?: string
  readonly executors?: readonly string[]
  readonly secretFile?: string
  readonly schemes: readonly Scheme[]
  readonly partitions?: number
  readonly report?: string
  readonly out: string
  readonly listeners?: number
  readonly artists?: number
  readonly pairs?: number
  /** Options of ImplicitALS that were given, by its names. */
  readonly model: Readonly<Record<string, unknown>>
}

export type CommandLine =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'run'; readonly options: RecommendOptions }

const number = (name: string) => (text: string) => {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value)) throw new UsageError(`--${name} needs a number, got '${text}'`)
  return value
}
const numeric = (name: string, description: string): Options => ({
  type: 'string',
  requiresArg: true,
  description,
  coerce: number(name),
})
const text = (description: string): Options => ({ type: 'string', requiresArg: true, description })
const list = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const jobOptions: Record<string, Options> = {
  data: text('Last.fm folder, or a TSV or CSV file of user, item, count; generated where absent'),
  master: text('local[n], local[*] or local-cluster[n,cores]'),
  executors: { ...text('addresses of running executors, ws://host:port,...'), coerce: list },
  'secret-file': text('file with the secret of the executors'),
  schemes: { ...text('what to train, of half,full,mapreduce'), default: schemes.join(','), coerce: parseSchemes },
  partitions: numeric('partitions', 'partitions of each side; default one per slot'),
  report: text('write the JSON report to this file'),
  out: { ...text('folder for the charts'), default: 'out' },
  listeners: numeric('listeners', `size of the generated log; default ${defaultLogSize.listeners}`),
  artists: numeric('artists', `default ${defaultLogSize.artists}`),
  pairs: numeric('pairs', `default ${defaultLogSize.pairs}`),
}

const modelOptions: Record<string, Options> = {
  factors: numeric('factors', 'length of a vector'),
  iterations: numeric('iterations', 'passes over users and items'),
  objective: text('rendle2021 or hu2008'),
  confidence: text('linear, log or binary'),
  alpha: {
    ...text("a number, or 'auto'"),
    coerce: (value: string) => (value === 'auto' ? value : number('alpha')(value)),
  },
  epsilon: numeric('epsilon', 'in log(1 + count / epsilon)'),
  'unobserved-weight': numeric('unobserved-weight', 'weight of what was not played'),
  regularization: numeric('regularization', 'lambda'),
  'regularization-exponent': numeric('regularization-exponent', 'nu'),
  solver: text('cg or cholesky'),
  'cg-steps': numeric('cg-steps', 'steps of conjugate gradients'),
  seed: numeric('seed', 'of the start vectors, and of the generated log'),
  grid: { ...text('K,L: blocks of users and of items in full gridify'), coerce: parseGrid },
  kernel: text('the kernel to pin, as the report names it'),
}

const jobNames = new Set(Object.keys(jobOptions))
const names = [...Object.keys(jobOptions), ...Object.keys(modelOptions), 'help']

/** @throws UsageError that names the option, and the nearest one where it is unknown. */
export async function parseOptions(argv: readonly string[]): Promise<CommandLine> {
  checkNames(argv)
  let help = ''
  const parser = yargs([])
    .scriptName('npm start --')
    .usage('$0 [options]\n\nTrains implicit ALS in each scheme on the same data and compares them.')
    .options(jobOptions)
    .options(modelOptions)
    .group([...Object.keys(jobOptions), 'help'], 'The job:')
    .group(Object.keys(modelOptions), "The model's options; each has a default:")
    .parserConfiguration({
      'boolean-negation': true,
      'duplicate-arguments-array': false,
      'strip-dashed': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .wrap(110)
    .version(false)
    .locale('en')
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error instanceof UsageError ? error : new UsageError(message ?? String(error), { cause: error })
    })
  const parsed: Record<string, unknown> = await parser.parseAsync([...argv], {}, (_error, _argv, output) => {
    help = output
  })
  if (parsed['help'] === true) return { kind: 'help', text: help.replaceAll(/ +\[string\](?= \[default|$)/gm, '') }
  const [stray] = parsed['_'] as string[]
  if (stray !== undefined) throw new UsageError(`'${stray}' belongs to no option; --help lists them`)
  const given = Object.entries(parsed).filter(([name, value]) => value !== undefined && name !== '_' && name !== '$0')
  const isJob = ([name]: [string, unknown]) => jobNames.has(kebab(name))
  const options = Object.fromEntries(given.filter(isJob)) as unknown as Omit<RecommendOptions, 'model'>
  return { kind: 'run', options: { ...options, model: Object.fromEntries(given.filter((entry) => !isJob(entry))) } }
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function checkNames(argv: readonly string[]): void {
  for (const argument of argv) {
    const name = /^--(?:no-)?([^=]+)/.exec(argument)?.[1]
    if (name === undefined && !/^-[^-\d]/.test(argument)) continue
    const known = names.includes(kebab(name ?? argument))
    if (!known)
      throw new UsageError(
        `unknown option ${argument.split('=')[0]}; did you mean --${closest(name ?? argument.slice(1), names)}?`,
      )
  }
}

function parseSchemes(value: string): Scheme[] {
  const wanted = list(value)
  for (const name of wanted)
    if (!(schemes as readonly string[]).includes(name))
      throw new UsageError(`--schemes: there is no scheme '${name}'; did you mean ${closest(name, schemes)}?`)
  if (wanted.length === 0) throw new UsageError(`--schemes needs at least one of ${schemes.join(', ')}`)
  return schemes.filter((scheme) => wanted.includes(scheme))
}

function parseGrid(value: string): readonly [number, number] {
  const match = /^(\d+),(\d+)$/.exec(value)
  if (!match) throw new UsageError(`--grid needs K,L as in 4,2, got '${value}'`)
  return [Number(match[1]), Number(match[2])]
}
