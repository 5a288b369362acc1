/** The one configuration schema: options > environment (`GRIDIFY_*`) > defaults; an unknown key names the nearest. */

import { inspect } from 'node:util'
import { z } from 'zod'
import { leastHeapBytes, leastMemoryBytes } from './memory-budget.ts'
import { UsageError } from './errors.ts'
import type { LogRecord } from './logger.ts'
import { wrongOption } from './wrong-option.ts'

/** Messages are rules that follow "must be". */
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const rule = `a whole number ${most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`}`
  return z.int(rule).min(least, rule).max(most, rule)
}

const schema = z.strictObject({
  master: z.string("a string, such as 'local[2]'"),
  executors: z
    .array(z.string('an address, such as ws://host:7077'), 'a list of addresses, such as ws://host:7077')
    .optional(),
  secretFile: z.string('the path of a file').optional(),
  tlsCaFile: z.string('the path of a file').optional(),
  memoryBytes: whole(leastMemoryBytes).optional(),
  heapBytes: whole(leastHeapBytes, 2 ** 40).optional(),
  shuffleStorage: z.enum(['memory', 'disk'], "'memory' or 'disk'"),
  taskMaxFailures: whole(1),
  taskMaxLosses: whole(1),
  localityWaitMs: z.number('a number of at least 0').min(0, 'a number of at least 0'),
  workDir: z.string('the path of a folder').optional(),
  seed: z.int('a whole number'),
  onLog: z.custom<(record: LogRecord) => void>((value) => typeof value === 'function', 'a function').optional(),
})

/** What `schema` lets through, written out: a program that has no types of zod reads these. */
export interface Config {
  readonly master: string
  readonly executors?: string[] | undefined
  readonly secretFile?: string | undefined
  /** PEM of the authority that certifies executors behind `wss://`, where it is not a public one; they get it too. */
  readonly tlsCaFile?: string | undefined
  /** All that one executor may take: blocks, arena, buffers and heaps of its slots; 60 % of the machine, divided, unless set. */
  readonly memoryBytes?: number | undefined
  /** The V8 heap of each slot, its share of the memory unless set; a task that needs more fails with an OutOfMemoryError. */
  readonly heapBytes?: number | undefined
  /** Where map outputs go: `disk` always writes them to files. */
  readonly shuffleStorage: 'memory' | 'disk'
  readonly taskMaxFailures: number
  /** How often one task may be lost with its executor before the job ends. */
  readonly taskMaxLosses: number
  readonly localityWaitMs: number
  readonly workDir?: string | undefined
  readonly seed: number
  readonly onLog?: ((record: LogRecord) => void) | undefined
}
export type ContextOptions = { readonly [K in keyof Config]?: Config[K] | undefined }

const defaults = {
  master: 'local[*]',
  shuffleStorage: 'memory',
  taskMaxFailures: 4,
  taskMaxLosses: 8,
  localityWaitMs: 500,
  seed: 1,
} as const

export function resolveConfig(options: ContextOptions, environment: NodeJS.ProcessEnv = process.env): Config {
  const wrong = wrongOption(options, Object.keys(schema.shape))
  if (wrong !== undefined) throw new UsageError(`createContext() ${wrong}`)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const fromEnvironment = {
    ...(environment['GRIDIFY_MASTER'] ? { master: environment['GRIDIFY_MASTER'] } : {}),
    ...(environment['GRIDIFY_EXECUTORS'] && !given['master']
      ? { executors: environment['GRIDIFY_EXECUTORS'].split(',').map((url) => url.trim()) }
      : {}),
    ...(environment['GRIDIFY_TLS_CA_FILE'] ? { tlsCaFile: environment['GRIDIFY_TLS_CA_FILE'] } : {}),
    ...(environment['GRIDIFY_SECRET_FILE'] ? { secretFile: environment['GRIDIFY_SECRET_FILE'] } : {}),
  }
  const all = { ...defaults, ...fromEnvironment, ...given }
  const result = schema.safeParse(all)
  if (!result.success) {
    const issue = result.error.issues[0]!
    const got = issue.path.reduce((value: unknown, key) => (value as Record<PropertyKey, unknown>)[key], all)
    throw new UsageError(
      `createContext(): option \`${issue.path.join('.')}\` must be ${issue.message}, got ${inspect(got, { breakLength: Infinity })}`,
    )
  }
  return result.data
}
