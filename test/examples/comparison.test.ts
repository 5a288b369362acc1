import { parseHTML } from 'linkedom'
import { describe, expect, test } from 'vitest'
import { comparisonChart, lossChart } from '../../examples/recommend/charts.ts'
import { markdownTable, textTable } from '../../examples/recommend/comparison-table.ts'
import { formatBytes, formatRatio, formatSeconds } from '../../examples/recommend/human-units.ts'
import { ProgressBar, progressLine } from '../../examples/recommend/progress-bar.ts'
import type { SchemeReport } from '../../examples/recommend/scheme-report.ts'

const half: SchemeReport = {
  seconds: 2,
  secondsPerIteration: 0.5,
  movedBytes: 10e6,
  networkBytes: 0,
  diskBytes: 0,
  peakRssBytes: 400e6,
  loss: [900_000, 450_000],
  recallAt20: 0.3,
  ndcgAt20: 0.25,
  factorsSha256: { users: 'u', items: 'i' },
  executorsLost: 0,
  tasksRerun: 0,
  kernel: 'f64',
}
const mapreduce: SchemeReport = { ...half, secondsPerIteration: 3.35, movedBytes: 67e6, diskBytes: 40e6 }
const baselines = { popularity: { users: 9, recallAt20: 0.06, ndcgAt20: 0.05 } }

test('the table gives each figure with its ratio to half, then the baselines', () => {
  expect(`\n${textTable({ schemes: { half, mapreduce }, baselines })}`).toBe(`
            time/iteration  moved/iteration  network/iteration  disk/iteration  peak memory      final loss      Recall@20        NDCG@20
----------  --------------  ---------------  -----------------  --------------  -----------  --------------  -------------  -------------
half           0.50 s 1.0x     10.0 MB 1.0x              0 B -           0 B -  400 MB 1.0x  450,000 1.000x  0.3000 1.000x  0.2500 1.000x
mapreduce      3.35 s 6.7x     67.0 MB 6.7x              0 B -       40.0 MB -  400 MB 1.0x  450,000 1.000x  0.3000 1.000x  0.2500 1.000x
popularity                                                                                                   0.0600 0.200x  0.0500 0.200x`)
})

test('without half there are no ratios', () => {
  expect(markdownTable({ schemes: { mapreduce }, baselines: {} })).toBe(
    [
      '|  | time/iteration | moved/iteration | network/iteration | disk/iteration | peak memory | final loss | Recall@20 | NDCG@20 |',
      '| :-- | --: | --: | --: | --: | --: | --: | --: | --: |',
      '| mapreduce | 3.35 s | 67.0 MB | 0 B | 40.0 MB | 400 MB | 450,000 | 0.3000 | 0.2500 |',
    ].join('\n'),
  )
})

describe('charts', () => {
  const texts = (svg: string) =>
    [...parseHTML(svg).document.querySelectorAll('text')].map(({ textContent }) => textContent)
  test('the loss chart is an SVG with a dot per iteration and a label per scheme', () => {
    const svg = lossChart({ half, mapreduce })
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
    expect(svg.match(/<circle/g)).toHaveLength(4)
    expect(texts(svg)).toEqual(expect.arrayContaining(['half', 'mapreduce', 'seconds of training']))
  })
  test('the comparison labels each bar with value and ratio', () => {
    expect(texts(comparisonChart({ half, mapreduce }))).toEqual(
      expect.arrayContaining(['0.50 s', '3.35 s  (6.7x)', '67.0 MB  (6.7x)', '40.0 MB', 'peak memory']),
    )
  })
  test('one scheme alone has charts too', () => {
    expect([lossChart({ half }), comparisonChart({ half })].every((svg) => !svg.includes('NaN'))).toBe(true)
  })
})

test('units keep three digits', () => {
  expect([0, 999, 999.6, 1234, 99_960, 999_600, 1.5e12].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.00 kB',
    '1.23 kB',
    '100 kB',
    '1.00 MB',
    '1.50 TB',
  ])
  expect([0.004, 0.62, 9.999, 61.3, 125].map(formatSeconds)).toEqual([
    '4 ms',
    '0.62 s',
    '10.0 s',
    '61.3 s',
    '2 min 05 s',
  ])
  expect([formatRatio(3, 2), formatRatio(5000, 1), formatRatio(1, 0)]).toEqual(['1.5x', '5,000x', '-'])
})

describe('progress', () => {
  test('a line shows iterations, loss and what is left', () => {
    expect(progressLine('half', { iteration: 3, iterations: 12, loss: 1234.4, seconds: 0.5 })).toBe(
      'half       [######..................] 3/12  loss 1,234  0.50 s, about 4.50 s left',
    )
  })
  const written = (isTTY: boolean) => {
    let text = ''
    new ProgressBar('half', { isTTY, columns: 20, write: (part) => (text += part) }).note('reading the listens')
    return text
  }
  test('a terminal gets it cut to its width', () => expect(written(true)).toBe('\r\u001B[2Khalf       reading '))
  test('a pipe gets nothing', () => expect(written(false)).toBe(''))
})
