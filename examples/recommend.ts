/** The main example: trains implicit ALS on a listening log, compares it with popularity, and names what it found. */

import { writeFileSync } from 'node:fs'
import { createContext, GridifyError } from '@gridify/core'
import { evaluateModel, evaluateRanking, holdOut, ImplicitALS, type ALSOptions, type Id, type Rating } from '@gridify/mf'
import yargs from 'yargs'
import { generateListens } from './generate-listens.ts'
import { readListens } from './read-listens.ts'

const args = await yargs(process.argv.slice(2))
  .options({
    data: { type: 'string', describe: 'Last.fm folder, or TSV/CSV of user, item, count; generated where absent' },
    master: { type: 'string', default: 'local[*]' },
    partitions: { type: 'number' },
    factors: { type: 'number' },
    iterations: { type: 'number' },
    objective: { choices: ['rendle2021', 'hu2008'] as const },
    confidence: { choices: ['linear', 'log', 'binary'] as const },
    alpha: { type: 'string', describe: "a number, or 'auto'" },
    epsilon: { type: 'number' },
    'unobserved-weight': { type: 'number' },
    regularization: { type: 'number' },
    'regularization-exponent': { type: 'number' },
    solver: { choices: ['cg', 'cholesky'] as const },
    'cg-steps': { type: 'number' },
    seed: { type: 'number' },
    report: { type: 'string', describe: 'write a JSON report to this file' },
  })
  .strict()
  .parseAsync()

const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort(new Error(signal)))

async function main(): Promise<void> {
  const log = args.data === undefined ? generateListens() : undefined
  if (log) console.log('No --data given: using a generated listening log (seed 1).')
  const ratings: Rating[] = log?.ratings ?? readListens(args.data!)
  const { train, test } = holdOut(ratings)
  const users = new Set(ratings.map(([user]) => user))
  const items = new Set(ratings.map(([, item]) => item))
  console.log(`${users.size} listeners, ${items.size} artists, ${train.length} pairs to train on, ${ratings.length - train.length} held out`)
  const { master, data: _data, report, _: _rest, $0: _name, alpha, ...given } = args
  const names = ['partitions', 'factors', 'iterations', 'objective', 'confidence', 'epsilon', 'unobservedWeight', 'regularization', 'regularizationExponent', 'solver', 'cgSteps', 'seed'] as const
  const options = Object.fromEntries(names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]])) as ALSOptions
  const als = new ImplicitALS({ ...options, ...(alpha === undefined ? {} : { alpha: alpha === 'auto' ? alpha : Number(alpha) }) })
  await using context = await createContext({ master })
  const started = performance.now()
  const model = await als.fit(train, {
    context,
    users,
    items,
    signal: controller.signal,
    onIteration: ({ iteration, loss, seconds }) => {
      if (process.stderr.isTTY) process.stderr.write(`\riteration ${iteration}  loss ${loss.toFixed(1)}  ${seconds.toFixed(2)} s `)
    },
  })
  if (process.stderr.isTTY) process.stderr.write('\n')
  const seconds = (performance.now() - started) / 1000
  const quality = evaluateModel(model, test)
  const counts = new Map<Id, number>()
  const seen = new Map<Id, Set<Id>>()
  for (const [user, item] of train) {
    counts.set(item, (counts.get(item) ?? 0) + 1)
    if (!seen.has(user)) seen.set(user, new Set())
    seen.get(user)!.add(item)
  }
  const popular = model.items.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))
  const popularity = evaluateRanking((user) => {
    const out: Id[] = []
    for (const item of popular) if (!seen.get(user)?.has(item) && out.push(item) === 20) break
    return out
  }, test)
  const last = model.report.iterations.at(-1)!
  const perIteration = model.report.iterations.reduce((sum, one) => sum + one.seconds, 0) / model.report.iterations.length
  console.table({
    half: { 's/iteration': perIteration.toFixed(2), 'moved MB/iteration': (last.movedBytes / 1e6).toFixed(1), loss: last.loss.toFixed(1), 'Recall@20': quality.recall.toFixed(4), 'NDCG@20': quality.ndcg.toFixed(4) },
    popularity: { 'Recall@20': popularity.recall.toFixed(4), 'NDCG@20': popularity.ndcg.toFixed(4) },
  })
  for (const warning of model.report.warnings) console.log(`warning: ${warning}`)
  for (const user of model.users.slice(0, 3)) console.log(`For ${user}: ${model.recommend(user, { k: 5 }).map(({ item }) => item).join(', ')}`)
  const known = popular.slice(20, 25)
  for (const artist of known) console.log(`Like ${artist}: ${model.similarItems(artist, { k: 5 }).map(({ item }) => item).join(', ')}`)
  console.log(`Now playing after ${known.join(', ')}: ${model.nowPlaying(known.map((item) => [item, 3]), { k: 5 }).map(({ item }) => item).join(', ')}`)
  if (log) {
    const related = popular.slice(0, 200).flatMap((artist) => model.similarItems(artist, { k: 10 }).map(({ item }) => log.genreOf(String(item)) === log.genreOf(String(artist))))
    console.log(`${((100 * related.filter(Boolean).length) / related.length).toFixed(1)} % of related artists are of the same genre`)
  }
  if (report !== undefined) {
    const { iterations, ...rest } = model.report
    const { executorsLost, tasksRerun } = context.metrics()
    const half = { seconds, secondsPerIteration: perIteration, movedBytes: last.movedBytes, loss: iterations.map(({ loss }) => loss), recallAt20: quality.recall, ndcgAt20: quality.ndcg, executorsLost, tasksRerun, kernel: rest.kernel }
    const sizes = { users: users.size, items: items.size, train: train.length, test: ratings.length - train.length, duplicates: rest.duplicates }
    writeFileSync(report, JSON.stringify({ data: sizes, settings: rest.settings, schemes: { half }, baselines: { popularity } }, null, 2))
  }
}

try {
  await main()
} catch (error) {
  console.error(error instanceof GridifyError ? error.message : error)
  process.exitCode = 1
}
