/** `tsx write-listens.ts FILE`: a small generated listening log for the notebook, one `listener artist plays` a line. */

import { writeFileSync } from 'node:fs'
import { generateListens } from '../recommend/generate-listens.ts'

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('name the file to write: tsx write-listens.ts FILE')
const listens = generateListens({ listeners: 600, artists: 400, pairs: 12_000, seed: 1 })
writeFileSync(file, listens.map((row) => `${row.join('\t')}\n`).join(''))
