/** What an entry tells the harness: one RESULT line on standard output. */

import type { Checksum } from '../bench-case.ts'

export interface CaseResult {
  readonly seconds: number
  readonly checksum: Checksum
}

/** Runs the job and prints how long it took and what it found. */
export async function reportJob(job: () => Checksum | Promise<Checksum>): Promise<void> {
  const started = performance.now()
  const checksum = await job()
  printResult({ seconds: (performance.now() - started) / 1000, checksum } satisfies CaseResult)
}

export function printResult(result: unknown): void {
  console.log(`RESULT ${JSON.stringify(result)}`)
}

/** CASE and SCALE as the harness passes them to every entry, then what is special to one. */
export function caseArguments(): { id: string; scale: number; rest: string[] } {
  const [id, scale, ...rest] = process.argv.slice(2)
  return { id: id!, scale: Number(scale), rest }
}
