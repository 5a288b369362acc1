/** The cases of the core suite, in the order of its table. */

import type { BenchCase } from '../bench-case.ts'
import { reduceByKey } from './reduce-by-key.ts'

export const cases: readonly BenchCase[] = [reduceByKey]

export function caseById(id: string): BenchCase {
  const found = cases.find((each) => each.id === id)
  if (!found) throw new Error(`there is no case '${id}'; there are ${cases.map((each) => each.id).join(', ')}`)
  return found
}
