/** Sends a partition through a command of the operating system: rows out as lines, lines in as rows. */

import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import type { PlanNode } from '../protocol/stage-plan.ts'
import { namedAt } from '../base/value-error.ts'
import type { Batches } from './operators.ts'
import { rowText } from '../files/row-text.ts'
import { readLines } from '../files/text-lines.ts'

const shownOfErrors = 2000

/** Through files, so that a slot that may not await needs no memory for what the command reads and writes. */
export function* pipe(
  node: Extract<PlanNode, { kind: 'pipe' }>,
  batches: Batches,
  nextPath: () => string,
): Generator<string[]> {
  const paths = [nextPath(), nextPath(), nextPath()] as const
  const [input, output, errors] = paths
  try {
    writeRows(input, batches, node.site)
    const files = [openSync(input, 'r'), openSync(output, 'wx'), openSync(errors, 'wx+')] as const
    try {
      run(node, files)
    } finally {
      for (const file of files) closeSync(file)
    }
    const { size, mtimeMs } = statSync(output)
    yield* readLines({ path: output, start: 0, end: size, size, modifiedMs: mtimeMs }, node.site)
  } finally {
    for (const path of paths) rmSync(path, { force: true })
  }
}

function run(node: Extract<PlanNode, { kind: 'pipe' }>, files: readonly [number, number, number]): void {
  const { command, env, cwd, timeoutMs } = node
  const [program, ...args] = typeof command === 'string' ? [command] : command
  const { status, signal, error } = spawnSync(program!, args, {
    stdio: [...files],
    env: { ...process.env, ...env },
    shell: typeof command === 'string',
    ...(cwd === undefined ? {} : { cwd }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  })
  const name = JSON.stringify(command)
  if (error) throw new Error(`the command ${name} did not run: ${error.message}`, { cause: error })
  if (status !== 0)
    throw new Error(
      `the command ${name} ended with ${signal ? `signal ${signal}` : `exit code ${status}`}: ${tailOf(files[2])}`,
    )
}

function tailOf(file: number): string {
  const { size } = fstatSync(file)
  const bytes = Buffer.alloc(Math.min(size, shownOfErrors))
  readSync(file, bytes, 0, bytes.length, size - bytes.length)
  return bytes.toString().trim() || 'it wrote nothing to stderr'
}

const textInstead = 'make a text of it first, such as with map((row) => JSON.stringify(row))'

function writeRows(path: string, batches: Batches, site: string): void {
  const file = openSync(path, 'wx')
  try {
    for (const batch of batches) {
      const bytes = Buffer.from(batch.map((row) => `${lineOf(row, site)}\n`).join(''))
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done)
    }
  } finally {
    closeSync(file)
  }
}

function lineOf(row: unknown, site: string): string {
  try {
    return rowText(row, textInstead)
  } catch (error) {
    throw namedAt(site, error)
  }
}
