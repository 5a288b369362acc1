/** The main job, `npm start`: trains implicit ALS in each scheme on the same listening log, compares them, and names what it found. */

import { existsSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { AbortedError, GridifyError, UsageError } from '@gridify/core'
import { comparisonChart, lossChart } from './recommend/charts.ts'
import { textTable } from './recommend/comparison-table.ts'
import { formatCount } from './recommend/human-units.ts'
import { describeData, loadData } from './recommend/load-data.ts'
import { modelSettings } from './recommend/model-options.ts'
import { parseOptions, type RecommendOptions } from './recommend/options.ts'
import { evaluateBaselines } from './recommend/evaluate-baselines.ts'
import { ProgressBar } from './recommend/progress-bar.ts'
import { runSchemeProcess, type FinishedScheme } from './recommend/scheme-process.ts'
import type { SchemeReports } from './recommend/scheme-report.ts'

const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort())

try {
  const command = await parseOptions(process.argv.slice(2))
  if (command.kind === 'help') console.log(command.text)
  else await recommend(command.options)
} catch (error) {
  if (error instanceof AbortedError && controller.signal.aborted) process.exitCode = 130
  else {
    console.error(error instanceof GridifyError ? error.message : String(error))
    if (process.env['GRIDIFY_DEBUG']) console.error(error)
    process.exitCode = 1
  }
}

async function recommend(options: RecommendOptions): Promise<void> {
  for (const scheme of options.schemes) modelSettings(scheme, options)
  if (options.report !== undefined && !existsSync(dirname(resolve(options.report))))
    throw new UsageError(
      `--report ${options.report}: there is no folder ${dirname(resolve(options.report))}; make it first`,
    )
  const inTheWay = fileInTheWay(options.out)
  if (inTheWay !== undefined)
    throw new UsageError(`--out ${options.out} cannot be made a folder: ${inTheWay} is a file; choose another place`)
  const data = await loadData(options)
  const facts = describeData(data)
  console.log(
    data.isGenerated
      ? 'No --data given: a listening log is generated; the genres in the names are planted.'
      : `Data: ${options.data}`,
  )
  console.log(
    `${formatCount(facts.users)} listeners, ${formatCount(facts.items)} artists, ${formatCount(facts.train)} pairs to train on, ${formatCount(facts.test)} held out (${formatCount(facts.coldPairs)} cold), ${formatCount(facts.duplicates)} duplicates`,
  )
  const finished = await trainAll(options)
  const reports: SchemeReports = Object.fromEntries(finished.map(({ scheme, report }) => [scheme, report]))
  const baselines = evaluateBaselines(data)
  console.log(
    `\n${textTable({ schemes: reports, baselines: { popularity: baselines.popularity, 'item cosine': baselines.itemCosine } })}\n`,
  )
  for (const line of new Set(finished.flatMap(({ warnings }) => warnings))) console.log(`Warning: ${line}`)
  const memoryMethod = describeMemory(finished[0]!.memoryMethod, options)
  console.log(`Bytes are per iteration; peak memory: ${memoryMethod}.\n`)
  for (const { title, names } of finished.flatMap(({ showcase }) => showcase))
    console.log(`${title}:\n${names.map((name) => `    ${name}`).join('\n')}\n`)
  for (const { relatedInGenre } of finished)
    if (relatedInGenre !== undefined)
      console.log(`${(100 * relatedInGenre).toFixed(1)} % of related artists are of the seed's genre.`)
  await mkdir(options.out, { recursive: true })
  const charts = { 'loss.svg': lossChart(reports), 'comparison.svg': comparisonChart(reports) }
  for (const [name, svg] of Object.entries(charts)) await writeFile(join(options.out, name), svg)
  console.log(
    `Charts: ${Object.keys(charts)
      .map((name) => join(options.out, name))
      .join(', ')}`,
  )
  if (options.report === undefined) return
  await writeFile(
    options.report,
    `${JSON.stringify({ data: facts, settings: finished[0]!.settings, memoryMethod, schemes: reports, baselines }, null, 2)}\n`,
  )
  console.log(`Report: ${options.report}`)
}

/** Daemons were started by somebody else, perhaps on another machine: no process tree of ours has them. */
function describeMemory(method: string, { executors }: RecommendOptions): string {
  return executors ? `${method}; without the executors, which were started apart` : method
}

/** The nearest thing that exists on the way to a folder, if that is no folder. */
function fileInTheWay(folder: string): string | undefined {
  let place = resolve(folder)
  while (!existsSync(place)) place = dirname(place)
  return statSync(place).isDirectory() ? undefined : place
}

async function trainAll(options: RecommendOptions): Promise<(FinishedScheme & { scheme: string })[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gridify-recommend-'))
  try {
    const finished = []
    for (const scheme of options.schemes) {
      const bar = new ProgressBar(scheme)
      const workFolder = join(folder, scheme)
      await mkdir(workFolder)
      const wantsShowcase = scheme === options.schemes.find((name) => name !== 'mapreduce')
      finished.push({
        scheme,
        ...(await runSchemeProcess({ scheme, options, workFolder, wantsShowcase }, bar, controller.signal)),
      })
      await rm(workFolder, { recursive: true })
    }
    return finished
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
