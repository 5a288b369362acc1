/** The options of `executor`: argv > environment (`GRIDIFY_*`) > defaults, checked and explained. */

import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { closest } from 'fastest-levenshtein'
import yargs from 'yargs'
import { defaultMemoryBytes, leastHeapBytes, leastMemoryBytes } from '../base/memory-budget.ts'
import { UsageError } from '../base/errors.ts'
import { productVersion } from '../protocol/version.ts'
import { parseBytes } from './parse-bytes.ts'

export interface ExecutorOptions {
  readonly host: string
  readonly port: number
  readonly cores: number
  readonly memoryBytes: number
  readonly heapBytes: number | undefined
  readonly secretFile: string | undefined
  readonly advertise: string | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly insecure: boolean
  readonly workDir: string | undefined
  readonly root: string | undefined
  readonly imports: readonly string[]
  readonly drainTimeoutMs: number
}

const descriptions = {
  host: 'address to listen on [127.0.0.1]',
  port: 'port to listen on, 0 for any free one [7077]',
  cores: 'how many tasks run at once [all cores]',
  memory: 'memory for blocks, caches, buffers and heaps, such as 512m or 8g [60 % of the machine]',
  heap: 'JavaScript heap of each worker [its share of the memory, 64m to 2g]',
  'secret-file': 'file with the secret that drivers must know [~/.gridify/secret]',
  advertise: 'address at which other executors reach this one, such as ws://10.0.0.5:7077',
  'tls-cert': 'certificate chain, PEM; with it the executor listens on wss://',
  'tls-key': 'private key of the certificate, PEM',
  'work-dir': 'folder for spilled data [the system’s temporary folder]',
  root: 'folder that the files of text sources and saves must lie in',
  import: 'module that every worker imports first; may be given more than once',
  insecure: 'listen on an address that other machines can reach without TLS',
  'drain-timeout': 'seconds that running sessions get after SIGTERM [30]',
} as const

type Name = keyof typeof descriptions
type Given = { readonly [name in Name]?: string | boolean | readonly string[] }
const names = Object.keys(descriptions) as Name[]
/** What yargs adds of its own. */
const yargsNames = ['_', '$0', 'help', 'version']

/** Throws a UsageError; prints and exits for --help and --version. */
export function parseExecutorOptions(argv: readonly string[], environment: NodeJS.ProcessEnv): ExecutorOptions {
  const given = parseArgv(argv)
  const text = (name: Name): string | undefined => {
    const value = given[name] ?? environment[environmentName(name)]
    if (typeof value === 'object') throw new UsageError(`--${name} is given more than once`)
    if (value === undefined || value === '') return given[name] === undefined ? undefined : fail(name, 'needs a value')
    return String(value)
  }
  const path = (name: Name) => {
    const value = text(name)
    return value === undefined ? undefined : resolve(value)
  }
  const fail = (name: Name, rule: string): never => {
    throw new UsageError(`${given[name] === undefined ? environmentName(name) : `--${name}`} ${rule}`)
  }
  const whole = (name: Name, least: number, most: number, fallback: number): number => {
    const value = text(name)
    if (value === undefined) return fallback
    const number = /^\d+$/.test(value) ? Number(value) : NaN
    return number >= least && number <= most
      ? number
      : fail(name, `must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`)
  }
  const memory = text('memory')
  const heap = text('heap')
  const advertise = text('advertise')
  if (advertise !== undefined && !(URL.canParse(advertise) && /^wss?:$/.test(new URL(advertise).protocol)))
    fail('advertise', `must be an address such as ws://10.0.0.5:7077, not ${JSON.stringify(advertise)}`)
  const tlsCert = path('tls-cert')
  const tlsKey = path('tls-key')
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key are given together or not at all')
  const insecure = text('insecure')
  const imports = [given.import ?? environment['GRIDIFY_IMPORT']?.split(',') ?? []].flat().map(String)
  return {
    host: text('host') ?? '127.0.0.1',
    port: whole('port', 0, 65_535, 7077),
    cores: whole('cores', 1, 1024, availableParallelism()),
    memoryBytes: memory === undefined ? defaultMemoryBytes() : parseMemory(memory),
    heapBytes: heap === undefined ? undefined : parseHeap(heap),
    secretFile: path('secret-file'),
    advertise,
    tlsCert,
    tlsKey,
    insecure: insecure !== undefined && insecure !== 'false' && insecure !== '0',
    workDir: path('work-dir'),
    root: path('root'),
    imports: imports.map((file) => resolve(file)),
    drainTimeoutMs: whole('drain-timeout', 0, 86_400, 30) * 1000,
  }
}

function parseHeap(text: string): number {
  const bytes = parseBytes(text)
  if (bytes < leastHeapBytes) throw new UsageError(`--heap ${text} is too little: give at least 64m`)
  return bytes
}

function parseMemory(text: string): number {
  const bytes = parseBytes(text)
  if (bytes < leastMemoryBytes) throw new UsageError(`--memory ${text} is too little: give at least 16m`)
  return bytes
}

function parseArgv(argv: readonly string[]): Given {
  const parser = yargs([...argv])
    .scriptName('executor')
    .usage('$0 [options]\n\nRuns parts of gridify jobs for the drivers that know its secret.')
    .epilogue('Every option can be set in the environment too: --secret-file is GRIDIFY_SECRET_FILE.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'boolean-negation': false,
      'dot-notation': false,
      'parse-numbers': false,
    })
    .version(productVersion)
    .help()
    .wrap(110)
    .fail((message, error) => {
      throw new UsageError(message || error.message, { cause: error })
    })
  for (const name of names)
    parser.option(name, { type: name === 'insecure' ? 'boolean' : 'string', describe: descriptions[name] })
  const parsed = parser.parseSync() as Record<string, unknown>
  for (const key of Object.keys(parsed))
    if (!names.includes(key as Name) && !yargsNames.includes(key))
      throw new UsageError(`there is no option --${key}; did you mean --${closest(key.toLowerCase(), names)}?`)
  const [word] = parsed['_'] as (string | number)[]
  if (word !== undefined)
    throw new UsageError(`${JSON.stringify(String(word))} is no option: every option starts with --`)
  return parsed
}

function environmentName(name: Name): string {
  return `GRIDIFY_${name.replace('-', '_').toUpperCase()}`
}
