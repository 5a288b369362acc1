/** Where a generated loop puts its rows, as text: what stands before it, in it, and behind it. */

import { maxListBytes } from '../../shuffle/staging.ts'
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
  /** Numbers, and texts with numbers, go straight into the staging's columns; other rows through its own method. */
  shuffle: {
    before: `let { staging } = target
  let { keys, keyList, values, capacity, rows: n } = staging
  let full = false
  let numbers = staging.keysAreNumbers && staging.valuesAreNumbers
  let texts = !staging.keysAreNumbers && staging.valuesAreNumbers`,
    put(text, step) {
      const { key, value } = pairOf(text, step)
      text.lines.push(
        `if (numbers && typeof ${key} === 'number' && typeof ${value} === 'number') {`,
        `  keys[n] = ${key}; values[n++] = ${value}`,
        `  full = n === capacity`,
        `} else if (texts && typeof ${key} === 'string' && typeof ${value} === 'number') {`,
        `  keyList[n] = ${key}; values[n++] = ${value}`,
        `  staging.listBytes += ${key}.length`,
        `  full = n === capacity || staging.listBytes > ${maxListBytes}`,
        `} else {`,
        `  at = ${step}; staging.rows = n; staging.push(${key}, ${value}); n++`,
        `  numbers = staging.keysAreNumbers && staging.valuesAreNumbers`,
        `  texts = !staging.keysAreNumbers && staging.valuesAreNumbers`,
        `  full = staging.isFull`,
        `}`,
        // No closure for it: variables that a closure captures leave the registers.
        `if (full) {`,
        `  at = ${step}; staging.rows = n; staging = target.flush(); full = false`,
        `  keys = staging.keys; keyList = staging.keyList; values = staging.values; capacity = staging.capacity`,
        `  n = staging.rows`,
        `  numbers = staging.keysAreNumbers && staging.valuesAreNumbers`,
        `  texts = !staging.keysAreNumbers && staging.valuesAreNumbers`,
        `}`,
      )
    },
    after: 'staging.rows = n',
  },
}
