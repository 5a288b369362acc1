/** The one configuration schema: options > environment (`GRIDIFY_*`) > defaults; an unknown key names the nearest. */

import { inspect } from 'node:util'
import * as z from 'zod/mini'
import { leastHeapBytes, leastMemoryBytes } from './memory-budget.ts'
import { UsageError } from './errors.ts'
import { checkAddress, hasScheme } from './file-address.ts'
import type { LogRecord } from './logger.ts'
import type { TaskReport } from './task-report.ts'
import { wrongOption } from './wrong-option.ts'

/** Messages are rules that follow "must be". */
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const rule = `a whole number ${most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`}`
  return z.int(rule).check(z.minimum(least, rule), z.maximum(most, rule))
}

const fileRule = 'the path of a file'
const workDirRule = 'the path of a folder on this machine'
const folderRule = 'the path or the s3:// address of a folder'

const named = (rule: string) => z.string(rule).check(z.minLength(1, rule))

const atLeast = (least: number) => {
  const rule = `a number of at least ${least}`
  return z.number(rule).check(z.minimum(least, rule))
}

// zod/mini, since the bundle then takes in no more of zod than it uses: loading all of it costs a tenth of a second of CPU.
const schema = z.strictObject({
  master: z.string("a string, such as 'local[2]'"),
  executors: z.optional(
    z.array(z.string('an address, such as ws://host:7077'), 'a list of addresses, such as ws://host:7077'),
  ),
  secretFile: z.optional(named(fileRule)),
  tlsCaFile: z.optional(named(fileRule)),
  memoryBytes: z.optional(whole(leastMemoryBytes)),
  heapBytes: z.optional(whole(leastHeapBytes, 2 ** 40)),
  shuffleStorage: z.enum(['memory', 'disk'], "'memory' or 'disk'"),
  networkCompression: z.enum(['none', 'zstd'], "'none' or 'zstd'"),
  taskMaxFailures: whole(1),
  taskMaxLosses: whole(1),
  localityWaitMs: atLeast(0),
  skewSplit: z.union(
    [
      z.literal(false),
      z.strictObject({ factor: z._default(atLeast(1), 2), minBytes: z._default(atLeast(0), 2 ** 20) }),
    ],
    'false, or an object such as { factor: 2, minBytes: 1048576 }',
  ),
  workDir: z.optional(named(workDirRule).check(z.refine((path) => !hasScheme(path), workDirRule))),
  checkpointDir: z.optional(named(folderRule)),
  modules: z.optional(
    z.record(
      z.string(),
      z.enum(['value', 'installed', 'bundle'], "'value', 'installed' or 'bundle'"),
      "an object such as { './src/model.ts': 'bundle' }",
    ),
  ),
  onLog: z.optional(z.custom<(record: LogRecord) => void>((value) => typeof value === 'function', 'a function')),
  onTask: z.optional(z.custom<(report: TaskReport) => void>((value) => typeof value === 'function', 'a function')),
})

/** Which partitions of joined, grouped or repartitioned rows are large enough to be made by several tasks. */
export interface SkewSplit {
  /** More than so many times the bytes of the median of their stage, 2 by default. */
  readonly factor?: number | undefined
  /** And more than so many bytes, 1 MiB by default. */
  readonly minBytes?: number | undefined
}

/**
 * Where a context runs its tasks, and with what. Each option goes before its environment variable, and that before the
 * default.
 */
// Not taken from the schema: a program that has no types of zod reads it.
export interface ContextOptions {
  /** `local[n]`, `local[*]` (the default), `local-cluster[n,cores]` or `memory[n]`; else `GRIDIFY_MASTER`. */
  readonly master?: string | undefined
  /** Addresses of running daemons, such as `ws://host:7077`, in place of `master`; else `GRIDIFY_EXECUTORS`, with commas. */
  readonly executors?: readonly string[] | undefined
  /** The file with the secret of the daemons, else `GRIDIFY_SECRET_FILE`; on loopback `~/.gridify/secret` by default. */
  readonly secretFile?: string | undefined
  /** PEM of the authority that certifies executors behind `wss://`, where it is not a public one; they get it too. */
  readonly tlsCaFile?: string | undefined
  /**
   * All that one executor may take: blocks, arena, buffers and heaps of its slots; 60 % of the machine, divided, unless
   * set. Running daemons have their own `--memory`.
   */
  readonly memoryBytes?: number | undefined
  /**
   * The V8 heap of each slot, its share of the memory unless set; a task that needs more fails with an OutOfMemoryError.
   * Running daemons have their own `--heap`.
   */
  readonly heapBytes?: number | undefined
  /** Where map outputs go: `memory` (the default), and to files what has no room there, or `disk`, always to files. */
  readonly shuffleStorage?: 'memory' | 'disk' | undefined
  /**
   * How blocks travel between executors: `none` (the default) or `zstd`, to a half or a quarter of the bytes, which pays
   * where the network moves less than about 300 MB a second. `zstd` needs Node 22.15 on all executors.
   */
  readonly networkCompression?: 'none' | 'zstd' | undefined
  /** How often one task may fail by its function before the job ends, 4 by default. */
  readonly taskMaxFailures?: number | undefined
  /** How often one task may be lost with its executor before the job ends, 8 by default. */
  readonly taskMaxLosses?: number | undefined
  /** How many milliseconds a task waits for the executor that holds its cached input, 500 by default. */
  readonly localityWaitMs?: number | undefined
  /** From when on a partition is made by several tasks, where that gives the same rows in the same order; `false` for never. */
  readonly skewSplit?: SkewSplit | false | undefined
  /** The folder for spilled data, made where it is missing; by default the system's for temporary files. Running daemons have their own `--work-dir`. */
  readonly workDir?: string | undefined
  /**
   * The folder for checkpoints, a path or an `s3://` address that driver and executors share. Without it, the driver holds them.
   */
  readonly checkpointDir?: string | undefined
  /**
   * How functions and values of modules travel, by package (`'lodash'`, `'@acme/*'`) or path (`'./src/model.ts'`, `'./src/**'`); the first
   * match decides, for the whole process. `value`: with their source, as the project's do; `installed`: executors import their own copy;
   * `bundle`: esbuild bundles them, and executors import the bundle.
   */
  readonly modules?: Readonly<Record<string, 'value' | 'installed' | 'bundle'>> | undefined
  /** Gets what executors and driver report, and what functions print; without it, all but `debug` goes to stderr. */
  readonly onLog?: ((record: LogRecord) => void) | undefined
  /** Called on the driver for each task that counts, once its results are taken. */
  readonly onTask?: ((report: TaskReport) => void) | undefined
}

const defaults = {
  master: 'local[*]',
  shuffleStorage: 'memory',
  networkCompression: 'none',
  taskMaxFailures: 4,
  taskMaxLosses: 8,
  localityWaitMs: 500,
  skewSplit: {},
} as const

/** Options with environment and defaults filled in. */
export type Config = Omit<ContextOptions, keyof typeof defaults> & {
  readonly [Name in Exclude<keyof typeof defaults, 'skewSplit'>]: Exclude<ContextOptions[Name], undefined>
} & { readonly skewSplit: { readonly factor: number; readonly minBytes: number } | false }

export function resolveConfig(options: ContextOptions, environment: NodeJS.ProcessEnv = process.env): Config {
  const wrong = wrongOption(options, Object.keys(schema.shape))
  if (wrong !== undefined) throw new UsageError(`createContext() ${wrong}`)
  if (options.master !== undefined && options.executors !== undefined)
    throw new UsageError(
      'createContext() takes `master` or `executors`, not both: `executors` names daemons that run, `master` starts its own',
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
  const all = { ...defaults, ...fromEnvironment, ...given }
  const result = schema.safeParse(all)
  if (!result.success) {
    const issue = result.error.issues[0]!
    const got = issue.path.reduce((value: unknown, key) => (value as Record<PropertyKey, unknown>)[key], all)
    throw new UsageError(
      `createContext(): option \`${issue.path.join('.')}\` must be ${issue.message}, got ${inspect(got, { breakLength: Infinity })}`,
    )
  }
  const { checkpointDir } = result.data
  if (checkpointDir !== undefined) checkAddress(checkpointDir, 'createContext(): option `checkpointDir`')
  return result.data
}
