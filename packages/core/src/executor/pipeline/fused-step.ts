/**
 * The steps that are fused into one generated loop, as text. A row is held as one variable, or as the variables of its
 * key and value: the pair `[k, v]` is then only made where somebody takes it whole. `f0`, `f1` ... are the functions of
 * the user; `at` says whose runs, for errors.
 */

import type { StepNode } from '../steps.ts'

export type FusedNode = Exclude<StepNode, { kind: 'sample' | 'number' }>

/** A row inside the loop: the names of variables, or literals. */
export type RowText = { readonly row: string } | { readonly key: string; readonly value: string }

export interface LoopText {
  readonly lines: string[]
  /** The row after the steps so far. */
  row: RowText
  /** Closes the loops that flatMap has opened. */
  closing: string
}

export function isFused(node: StepNode): node is FusedNode {
  return node.kind !== 'sample' && node.kind !== 'number'
}

/** The row in one variable. */
export function whole(text: LoopText, name: string): string {
  if ('row' in text.row) return text.row.row
  text.lines.push(`const ${name} = [${text.row.key}, ${text.row.value}]`)
  return name
}

/** Key and value in two. V8 makes no array for a pair that is made and taken apart in one function. */
export function pairOf(text: LoopText, step: number): { key: string; value: string } {
  if (!('row' in text.row)) return text.row
  const { row } = text.row
  text.lines.push(
    `if (!Array.isArray(${row}) || ${row}.length !== 2) refusePair(${row}, sites, ${step})`,
    `const k${step} = ${row}[0], v${step} = ${row}[1]`,
  )
  return { key: `k${step}`, value: `v${step}` }
}

/** Adds one step; `marks` where accumulators are among what the functions use, which must know whose turn it is. */
export function addStep(text: LoopText, node: FusedNode, step: number, marks: boolean): void {
  const { lines } = text
  const call = (argument: string) => {
    lines.push(`at = ${step}`)
    if (marks) lines.push(`enter(${step})`)
    return `f${step}(${argument})`
  }
  const checked = (name: string, argument: string) => {
    lines.push(
      `const ${name} = ${call(argument)}`,
      `if (typeof ${name} === 'object' && ${name} instanceof Promise) refusePromise(${name}, sites, ${step})`,
    )
    return name
  }
  switch (node.kind) {
    case 'map':
      text.row = { row: checked(`r${step}`, whole(text, `w${step}`)) }
      return
    case 'filter': {
      const row = whole(text, `w${step}`)
      text.row = { row: row }
      const kept = checked(`c${step}`, row)
      lines.push(`if (!${kept}) continue`)
      return
    }
    case 'keyBy': {
      const row = whole(text, `w${step}`)
      text.row = { key: checked(`r${step}`, row), value: row }
      return
    }
    case 'flatMap': {
      flatten(text, step, call(whole(text, `w${step}`)))
      text.row = { row: `r${step}` }
      return
    }
    case 'mapValues': {
      const { key, value } = pairOf(text, step)
      text.row = { key, value: checked(`r${step}`, value) }
      return
    }
    case 'flatMapValues': {
      const { key, value } = pairOf(text, step)
      flatten(text, step, call(value))
      text.row = { key, value: `r${step}` }
      return
    }
    case 'keys':
      text.row = { row: pairOf(text, step).key }
      return
    case 'values':
      text.row = { row: pairOf(text, step).value }
      return
    case 'asKeys':
      // Groups are lists outside of their task.
      lines.push(`const r${step} = plainRow(${whole(text, `w${step}`)})`)
      text.row = { key: `r${step}`, value: 'null' }
      return
    case 'ones':
      text.row = { key: pairOf(text, step).key, value: '1' }
  }
}

function flatten(text: LoopText, step: number, call: string): void {
  text.lines.push(
    `const all${step} = ${call}`,
    `const list${step} = Array.isArray(all${step}) ? all${step} : listed(all${step}, sites, ${step}, state.check)`,
    `for (let i${step} = 0; i${step} < list${step}.length; i${step}++) {`,
    `const r${step} = list${step}[i${step}]`,
  )
  text.closing += '}'
}
