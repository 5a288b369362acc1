import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { genreOfArtist } from '../../../examples/recommend/artist-names.ts'

interface Output {
  readonly name?: 'stdout' | 'stderr'
  readonly text?: string[]
  readonly data?: Record<string, string[]>
}
interface Cell {
  readonly cell_type: string
  readonly source: string[]
  readonly outputs?: Output[]
}

const notebook = join(import.meta.dirname, '../../../examples/notebooks/related-artists.ipynb')
const cellsOf = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { cells: Cell[] }).cells

function run(file: string) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'run-notebook.cjs'), file],
    {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: '0' },
    },
  )
  const cells = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { source: string; ok: boolean; outputs: Output[] })
  return { status, stderr, cells }
}

function runCells(...sources: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'gridify-notebook-'))
  try {
    const file = join(folder, 'broken.ipynb')
    writeFileSync(file, JSON.stringify({ cells: sources.map((source) => ({ cell_type: 'code', source: [source] })) }))
    return run(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('every cell of the notebook compiles and runs, with the outputs that are kept in it', () => {
  const { status, stderr, cells } = run(notebook)
  const kept = cellsOf(notebook).filter(({ cell_type }) => cell_type === 'code')
  expect(stderr).toBe('')
  expect(cells).toEqual(kept.map(({ source, outputs }) => ({ source: source.join(''), ok: true, outputs })))
  expect(status).toBe(0)
})

test('the outputs kept in the notebook show a falling loss and related artists of the same genre', () => {
  const outputs = cellsOf(notebook).flatMap(({ outputs }) => outputs ?? [])
  const text = outputs.flatMap(({ text = [] }) => text)
  const [first, last] = /^loss (\S+) after the first iteration, (\S+) after the last$/m.exec(text.join(''))!.slice(1)
  expect(Number(last)).toBeLessThan(Number(first) * 0.6)

  const [path] = outputs.flatMap(
    ({ data }) => /aria-label="line".*?d="M([^"]+)"/s.exec(data?.['image/svg+xml']?.join('') ?? '')?.[1] ?? [],
  )
  const heights = path!.split('L').map((point) => Number(point.split(',')[1]))
  expect(heights).toHaveLength(12)
  // On a screen, down is up.
  expect(heights).toEqual(heights.toSorted((a, b) => a - b))

  const { outputs: lists } = cellsOf(notebook).find(({ source }) => source.join('').includes('{ k: 4 }'))!
  const related = new Map<string, string[]>()
  for (const line of lists!.flatMap(({ text = [] }) => text)) {
    const [, artist, score] = /^ *(.*\))(?: {2}(0\.\d\d))?\n$/.exec(line)!
    if (score === undefined) related.set(artist!, [])
    else [...related.values()].at(-1)!.push(artist!)
  }
  expect([...related.values()].map((artists) => artists.length)).toEqual([4, 4, 4, 4, 4])
  for (const [artist, others] of related)
    expect(others.map(genreOfArtist)).toEqual(others.map(() => genreOfArtist(artist)))
})

test('a cell that does not compile is reported, and the next ones do not run', () => {
  const { status, cells } = runCells(
    'const plays = 7',
    "const artist: string = plays\nconsole.log('ran')",
    "console.log('next')",
  )
  expect(status).toBe(1)
  expect(cells.map(({ ok, outputs }) => ({ ok, outputs }))).toEqual([
    { ok: true, outputs: [] },
    {
      ok: false,
      outputs: [
        {
          name: 'stderr',
          output_type: 'stream',
          text: ["1:7 - Type 'number' is not assignable to type 'string'.\n"],
        },
      ],
    },
  ])
})

test('a cell that throws is reported, and the next ones do not run', () => {
  const { status, cells } = runCells("throw new Error('no listens')", "console.log('next')")
  expect(status).toBe(1)
  expect(cells).toHaveLength(1)
  expect(cells[0]!.outputs[0]!.text).toContain('Error: no listens\n')
})
