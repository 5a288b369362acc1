/** Runs one case on gridify: CASE SCALE MASTER. */

import { createContext } from '@gridify/core'
import { caseById } from '../cases/index.ts'
import { caseArguments, reportJob } from './report-result.ts'

const { id, scale, rest } = caseArguments()
const sized = caseById(id).at(scale)
const context = await createContext({ master: rest[0] })
await reportJob(() => sized.gridify(context))
await context.stop()
