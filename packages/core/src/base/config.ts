/** The one configuration schema: options > environment (`GRIDIFY_*`) > defaults; an unknown key names the nearest. */

import { availableParallelism } from 'node:os'
import { closest } from 'fastest-levenshtein'
import { z } from 'zod'
import { UsageError } from './errors.ts'
import type { LogRecord } from './logger.ts'

const schema = z.strictObject({
  master: z.string(),
  executors: z.array(z.string()).optional(),
  secretFile: z.string().optional(),
  /** PEM of the authority that certifies executors behind `wss://`, where it is not a public one; they get it too. */
  tlsCaFile: z.string().optional(),
  /** Bytes that blocks and the arena of one executor may take. */
  memoryBytes: z
    .number()
    .int()
    .min(16 * 2 ** 20)
    .max(4 * 2 ** 30 - 65_536),
  /** Where map outputs go: `disk` always writes them to files. */
  shuffleStorage: z.enum(['memory', 'disk']),
  taskMaxFailures: z.number().int().min(1),
  /** How often one task may be lost with its executor before the job ends. */
  taskMaxLosses: z.number().int().min(1),
  localityWaitMs: z.number().min(0),
  workDir: z.string().optional(),
  seed: z.number().int(),
  onLog: z.custom<(record: LogRecord) => void>((value) => typeof value === 'function').optional(),
})

export type Config = z.infer<typeof schema>
export type ContextOptions = { readonly [K in keyof Config]?: Config[K] | undefined }

const defaults = {
  master: 'local[*]',
  memoryBytes: 1024 * 2 ** 20,
  shuffleStorage: 'memory',
  taskMaxFailures: 4,
  taskMaxLosses: 8,
  localityWaitMs: 500,
  seed: 1,
} as const

export function resolveConfig(options: ContextOptions, environment: NodeJS.ProcessEnv = process.env): Config {
  for (const key of Object.keys(options))
    if (!(key in schema.shape))
      throw new UsageError(
        `createContext() has no option \`${key}\`; did you mean \`${closest(key.toLowerCase(), Object.keys(schema.shape))}\`?`,
      )
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const fromEnvironment = {
    ...(environment['GRIDIFY_MASTER'] ? { master: environment['GRIDIFY_MASTER'] } : {}),
    ...(environment['GRIDIFY_EXECUTORS'] && !given['master']
      ? { executors: environment['GRIDIFY_EXECUTORS'].split(',').map((url) => url.trim()) }
      : {}),
    ...(environment['GRIDIFY_TLS_CA_FILE'] ? { tlsCaFile: environment['GRIDIFY_TLS_CA_FILE'] } : {}),
    ...(environment['GRIDIFY_SECRET_FILE'] ? { secretFile: environment['GRIDIFY_SECRET_FILE'] } : {}),
  }
  const result = schema.safeParse({ ...defaults, ...fromEnvironment, ...given })
  if (!result.success) {
    const issue = result.error.issues[0]!
    throw new UsageError(`createContext(): option \`${issue.path.join('.')}\`: ${issue.message}`)
  }
  return result.data
}

export type Master =
  | { readonly kind: 'memory'; readonly executors: number }
  | { readonly kind: 'local'; readonly slots: number }
  | { readonly kind: 'local-cluster'; readonly executors: number; readonly cores: number }

/** Parses `memory`, `memory[n]`, `local`, `local[n]`, `local[*]` and `local-cluster[n,cores]`. */
export function parseMaster(text: string): Master {
  const match = /^(memory|local|local-cluster)(?:\[(\*|\d+)(?:,(\d+))?\])?$/.exec(text)
  const first = match?.[2] === '*' ? availableParallelism() : Number(match?.[2] ?? (match?.[1] === 'local' ? 1 : 2))
  const second = match?.[3]
  if (match && first >= 1) {
    if (match[1] === 'memory' && !second) return { kind: 'memory', executors: first }
    if (match[1] === 'local' && !second) return { kind: 'local', slots: first }
    if (match[1] === 'local-cluster' && Number(second) >= 1)
      return { kind: 'local-cluster', executors: first, cores: Number(second) }
  }
  throw new UsageError(
    `master '${text}' is none of local[n], local[*], local-cluster[n,cores] and memory[n] (n, cores >= 1)`,
  )
}
