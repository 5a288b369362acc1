/** Runs one case on skale in local mode with two workers: CASE SCALE. */

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { cacheFolder } from '../cache-folder.ts'
import { caseById } from '../cases/index.ts'
import type { SkaleContext } from '../peers/skale-api.ts'
import { caseArguments, reportJob } from './report-result.ts'

const require = createRequire(join(cacheFolder('peers/node'), 'package.json'))
const { id, scale } = caseArguments()
const skale = require('skale') as { context(): SkaleContext }
const context = skale.context()
await reportJob(() => caseById(id).at(scale).skale!(context))
context.end()
// Its workers and timers outlive end().
setTimeout(() => process.exit(0), 200).unref()
