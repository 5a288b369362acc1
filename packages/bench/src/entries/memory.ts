/** Runs one program over more data than memory: PROGRAM ROWS PARTITIONS MEMORY_BYTES MASTER. */

import { createContext } from '@gridify/core'
import { memoryPrograms } from '../suites/memory-programs.ts'
import { reportJob } from './report-result.ts'

const [program, rows, partitions, memoryBytes, master] = process.argv.slice(2)
const context = await createContext({ master, memoryBytes: Number(memoryBytes) })
await reportJob(() => memoryPrograms[program!]!.run(context, Number(rows), Number(partitions)))
await context.stop()
