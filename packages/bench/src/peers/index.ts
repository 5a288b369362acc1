/** The peers by the names that `--vs` takes. */

import { duckdb, plain, skale } from './node-peers.ts'
import type { Peer } from './peer.ts'
import { pyspark, spark } from './spark-peers.ts'

export const peers: Readonly<Record<string, Peer>> = { plain, duckdb, skale, spark, pyspark }
