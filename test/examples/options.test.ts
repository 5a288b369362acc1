import { expect, test } from 'vitest'
import { parseOptions } from '../../examples/recommend/options.ts'

test('without options, all schemes are trained', async () => {
  expect(await parseOptions([])).toEqual({
    kind: 'run',
    options: { schemes: ['half', 'full', 'mapreduce'], out: 'out', model: {} },
  })
})

test('kebab case becomes the names of ImplicitALS', async () => {
  const argv = [
    '--unobserved-weight',
    '0.3',
    '--cg-steps=3',
    '--alpha',
    'auto',
    '--grid',
    '4,2',
    '--solver',
    'cholesky',
  ]
  expect(await parseOptions(argv)).toMatchObject({
    options: {
      model: { unobservedWeight: 0.3, cgSteps: 3, alpha: 'auto', grid: [4, 2], solver: 'cholesky' },
    },
  })
})

test('job options keep their types', async () => {
  const argv = [
    '--schemes',
    'mapreduce,half',
    '--executors',
    'ws://a:1, ws://b:2',
    '--partitions',
    '3',
    '--data',
    '007',
    '--alpha',
    '1',
  ]
  expect(await parseOptions(argv)).toEqual({
    kind: 'run',
    options: {
      schemes: ['half', 'mapreduce'],
      executors: ['ws://a:1', 'ws://b:2'],
      partitions: 3,
      data: '007',
      out: 'out',
      model: { alpha: 1 },
    },
  })
})

test.each([
  [['--factor', '3'], 'unknown option --factor; did you mean --factors?'],
  [['--unobservedWeigth=1'], 'unknown option --unobservedWeigth; did you mean --unobserved-weight?'],
  [['-x'], 'unknown option -x; did you mean'],
  [['--factors', 'many'], "--factors needs a number, got 'many'"],
  [['--alpha', 'automatic'], "--alpha needs a number, got 'automatic'"],
  [['--factors'], 'Not enough arguments following: factors'],
  [['--schemes', 'halve'], "--schemes: there is no scheme 'halve'; did you mean half?"],
  [['--grid', '4x2'], "--grid needs K,L as in 4,2, got '4x2'"],
  [['listens.tsv'], "'listens.tsv' belongs to no option; --help lists them"],
])('%j is refused', async (argv, message) => {
  await expect(parseOptions(argv)).rejects.toThrow(message)
})

test('help lists every option', async () => {
  const parsed = await parseOptions(['--help'])
  expect(parsed.kind === 'help' && parsed.text).toMatch(/--data[\s\S]*--schemes[\s\S]*--unobserved-weight/)
})
