/** Where a generated loop puts its rows, as text: what stands before it, in it, and behind it. */

import { pairOf, whole, type LoopText } from './fused-step.ts'

export type LoopSink = 'rows' | 'count' | 'reduce' | 'aggregate' | 'shuffle'

interface SinkText {
  readonly before: string
  /** Adds what becomes of the row that `text` holds; `step` is the number after that of the last step. */
  readonly put: (text: LoopText, step: number) => void
  readonly after: string
}

export const loopSinks: Record<LoopSink, SinkText> = {
  rows: {
    before: 'const { out } = target',
    put: (text, step) => void text.lines.push(`out.push(${whole(text, `w${step}`)})`),
    after: '',
  },
  count: {
    before: 'let { count } = target',
    put: (text) => void text.lines.push('count++'),
    after: 'target.count = count',
  },
  reduce: {
    before: 'let { any, total } = target',
    put(text, step) {
      const row = whole(text, `w${step}`)
      text.lines.push(`at = ${step}`, `if (any) total = merge(total, ${row})`, `else { total = ${row}; any = true }`)
    },
    after: 'target.any = any; target.total = total',
  },
  aggregate: {
    before: 'let { total } = target',
    put(text, step) {
      const row = whole(text, `w${step}`)
      text.lines.push(`at = ${step}`, `total = merge(total, ${row})`)
    },
    after: 'target.total = total',
  },
  /** Numbers go straight into the staging's columns; other rows through its own method. */
  shuffle: {
    before: `const { staging } = target
  const { keys, values, capacity } = staging
  let n = staging.rows
  let numbers = staging.keysAreNumbers && staging.valuesAreNumbers`,
    put(text, step) {
      const { key, value } = pairOf(text, step)
      text.lines.push(
        `if (numbers && typeof ${key} === 'number' && typeof ${value} === 'number') {`,
        `  keys[n] = ${key}; values[n++] = ${value}`,
        `  if (n === capacity) { staging.rows = n; target.flush(); n = 0 }`,
        `} else {`,
        `  staging.rows = n; staging.push(${key}, ${value}); numbers = false`,
        `  if (staging.isFull) { target.flush(); numbers = true }`,
        `  n = staging.rows`,
        `}`,
      )
    },
    after: 'staging.rows = n',
  },
}
