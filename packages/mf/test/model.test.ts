import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createContext } from '@gridify/core'
import { FactorModel, holdOut, ImplicitALS } from '@gridify/mf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readListens } from './listens.ts'

let model: FactorModel
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gridify-model-'))
  await using context = await createContext({ master: 'memory[1]' })
  model = await new ImplicitALS({ factors: 10, iterations: 4, solver: 'cholesky' }).fit(holdOut(readListens()).train, {
    context,
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a saved model comes back whole', async () => {
  await model.save(join(folder, 'a', 'model'))
  const loaded = await FactorModel.load(join(folder, 'a', 'model'))
  expect(loaded.userFactors).toEqual(model.userFactors)
  expect(loaded.itemFactors).toEqual(model.itemFactors)
  expect(loaded.report).toEqual(model.report)
  expect(loaded.recommend('1', { k: 5 })).toEqual(model.recommend('1', { k: 5 }))
  expect(loaded.similarItems('7')).toEqual(model.similarItems('7'))
})
test('saving again replaces the model and leaves nothing else', async () => {
  const place = join(folder, 'again')
  await model.save(join(place, 'model'))
  await model.save(join(place, 'model'))
  expect(readdirSync(place)).toEqual(['model'])
})
test('a folder of something else is not overwritten', async () => {
  writeFileSync(join(folder, 'mine.txt'), 'mine')
  await expect(model.save(folder)).rejects.toThrow('is there and is no model')
  expect(readFileSync(join(folder, 'mine.txt'), 'utf8')).toBe('mine')
})
test('an address of another machine is refused, and one of this machine is its path', async () => {
  await expect(model.save('s3://models/artists')).rejects.toThrow(
    'save(): s3://models/artists is an address, and models lie in folders of this machine: give a path',
  )
  await expect(FactorModel.load('https://example.com/model')).rejects.toThrow(
    'FactorModel.load(): https://example.com/',
  )
  const place = join(folder, 'addressed')
  await model.save(pathToFileURL(place).href)
  expect((await FactorModel.load(place)).items).toEqual(model.items)
})
// Node's own recursion does not return here.
test.runIf(process.platform === 'linux')('a place that takes no folder is an error at once', async () => {
  await expect(model.save('/proc/gridify/model')).rejects.toThrow(
    /^save\(\): no folder can be made in \/proc\/gridify: ENOENT.*; choose one that you may write to$/,
  )
})
test('a changed file is found by its checksum', async () => {
  const place = join(folder, 'changed')
  await model.save(place)
  const bytes = readFileSync(join(place, 'item-factors.f32'))
  bytes[5]! ^= 1
  writeFileSync(join(place, 'item-factors.f32'), bytes)
  await expect(FactorModel.load(place)).rejects.toThrow('its checksum differs')
  await expect(FactorModel.load(join(folder, 'nowhere'))).rejects.toThrow('holds no whole model')
})
test('recommendations leave out what was heard, or what is asked', () => {
  const seen = new Set(
    readListens()
      .filter(([user]) => user === '1')
      .map(([, item]) => item),
  )
  const [first, second] = model.recommend('1', { k: 2, exclude: 'none' })
  expect(model.recommend('1', { k: 1000 }).some(({ item }) => seen.has(item) && !isHeld('1', item))).toBe(false)
  expect(model.recommend('1', { k: 1, exclude: [first!.item] })).toEqual([second])
})
test('scores fall, and each item comes once', () => {
  const scores = model.recommend('1', { k: 500 })
  expect(scores.every(({ score }, i) => i === 0 || score <= scores[i - 1]!.score)).toBe(true)
  expect(new Set(scores.map(({ item }) => item)).size).toBe(500)
})
test('a fold-in of what a user was trained on gives that user, up to the last half-step', () => {
  const plays = holdOut(readListens())
    .train.filter(([user]) => user === '4')
    .map(([, item, value]) => [item, value] as const)
  const folded = model.foldIn(plays)
  const rank = model.users.indexOf('4')
  const own = model.userFactors.subarray(rank * 10, rank * 10 + 10)
  const cosine = folded.reduce((sum, value, i) => sum + value * own[i]!, 0) / Math.hypot(...folded) / Math.hypot(...own)
  expect(cosine).toBeGreaterThan(0.98)
  expect(model.nowPlaying(plays, { k: 1000 }).map(({ item }) => item)).not.toContain(plays[0]![0])
})
test('a radio repeats with its seed, never repeats a track, and strays with temperature', () => {
  const tracks = (options: object) => model.radio({ item: '7' }, { length: 30, ...options }).map(({ item }) => item)
  expect(tracks({ seed: 3 })).toEqual(tracks({ seed: 3 }))
  expect(tracks({ seed: 4 })).not.toEqual(tracks({ seed: 3 }))
  expect(new Set([...tracks({ seed: 3 }), '7']).size).toBe(31)
  expect(tracks({ temperature: 0, length: 1 })).toEqual(model.similarItems('7', { k: 1 }).map(({ item }) => item))
  expect(model.radio({ user: '1' }, { length: 5 })).toHaveLength(5)
})
test.each([
  [() => model.recommend('nobody'), 'the model has no user "nobody"'],
  [() => model.recommend(1), `the model has no user 1; it has "1": ids are compared with their type`],
  [() => model.foldIn([]), 'foldIn() needs at least one [item, plays]'],
  [() => model.nowPlaying([['7', -1]]), 'the plays of "7" must be a finite number above 0, got -1'],
  [() => model.radio({ item: '7' }, { length: 0 }), '`length` must be a whole number above 0'],
  [() => model.radio({ item: '7' }, { temperature: -1 }), '`temperature` must be 0 or more'],
])('%s is refused', (ask, message) => {
  expect(ask).toThrow(message)
})

function isHeld(user: string, item: unknown): boolean {
  return (holdOut(readListens()).test.get(user) ?? []).some((id) => id === item)
}

test.each<[string, (loose: any) => unknown, string]>([
  [
    'an option of recommend() that does not exist',
    (m) => m.recommend('1', { excludes: 'none' }),
    'recommend() has no option `excludes`; did you mean `exclude`?',
  ],
  ['a negative k', (m) => m.recommend('1', { k: -1 }), 'recommend(): `k` must be a whole number of at least 1, got -1'],
  [
    'a k that is no number',
    (m) => m.similarItems('7', { k: '5' }),
    "similarItems(): `k` must be a whole number of at least 1, got '5'",
  ],
  [
    'an option of similarItems() in another case',
    (m) => m.similarItems('7', { mincount: 1 }),
    'did you mean `minCount`?',
  ],
  ['an unknown option of nowPlaying()', (m) => m.nowPlaying([['7', 1]], { n: 1 }), 'nowPlaying() has no option `n`'],
  ['a radio that starts from text', (m) => m.radio('x'), "radio() starts from { item } or { user }, got 'x'"],
  ['an unknown option of radio()', (m) => m.radio({ item: '7' }, { lenght: 3 }), 'did you mean `length`?'],
  ['a bigint as id', (m) => m.recommend(7n), 'the model has no user 7n; it has "7": ids are compared with their type'],
  [
    'a bigint among plays',
    (m) => m.foldIn([[7n, 0]]),
    'foldIn(): the plays of 7n must be a finite number above 0, got 0',
  ],
])('%s is refused before any work', (_, call, message) => {
  expect(() => call(model)).toThrow(
    expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }),
  )
})
