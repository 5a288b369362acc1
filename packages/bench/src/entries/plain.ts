/** Runs one case as a plain loop: CASE SCALE. */

import { caseById } from '../cases/index.ts'
import { caseArguments, reportJob } from './report-result.ts'

const { id, scale } = caseArguments()
const sized = caseById(id).at(scale)
await reportJob(() => sized.plain())
