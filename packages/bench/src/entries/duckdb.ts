/** Runs one case in DuckDB, inside this process on two threads: CASE SCALE. */

import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Checksum } from '../bench-case.ts'
import { cacheFolder } from '../cache-folder.ts'
import { caseById } from '../cases/index.ts'
import { caseArguments, reportJob } from './report-result.ts'

interface DuckDB {
  DuckDBInstance: {
    create(path: string, options: Record<string, string>): Promise<{ connect(): Promise<Connection> }>
  }
}
interface Connection {
  runAndReadAll(sql: string): Promise<{ getRowObjects(): Record<string, number>[] }>
}

const require = createRequire(join(cacheFolder('peers/node'), 'package.json'))
const { DuckDBInstance } = require('@duckdb/node-api') as DuckDB
const { id, scale } = caseArguments()
const statements = caseById(id).at(scale).duckdb!
const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect()
await reportJob(async () => {
  let row: Checksum | undefined
  for (const sql of statements) row = (await connection.runAndReadAll(sql)).getRowObjects()[0]
  return row!
})
