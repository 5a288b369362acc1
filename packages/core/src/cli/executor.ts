#!/usr/bin/env node
/** Entry file of the `executor` command. */

import { runExecutor } from './run-executor.ts'

await runExecutor(process.argv.slice(2))
