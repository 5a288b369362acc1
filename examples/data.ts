/** `npm run data -- lastfm-2k`: fetches a data set for the examples from its publisher. */

import { GridifyError, UsageError } from '@gridify/core'
import yargs from 'yargs'
import { formatBytes } from './recommend/human-units.ts'
import { downloadData, lastfm2k } from './recommend/download-data.ts'

const dataSets = { 'lastfm-2k': lastfm2k }

async function main(): Promise<void> {
  const args = await yargs(process.argv.slice(2))
    .scriptName('npm run data --')
    .usage('$0 <set>\n\nDownloads a data set from its publisher.')
    .command('$0 <set>', false, (command) =>
      command.positional('set', { choices: Object.keys(dataSets) as (keyof typeof dataSets)[], demandOption: true }),
    )
    .options({
      to: { type: 'string', requiresArg: true, description: 'folder to write; default ./data/<set>' },
      url: {
        type: 'string',
        requiresArg: true,
        description: 'another address of the same archive; also GRIDIFY_DATA_URL',
      },
    })
    .strict()
    .version(false)
    .locale('en')
    .fail((message: string | null, error: Error | undefined) => {
      throw error instanceof GridifyError ? error : new UsageError(message ?? String(error))
    })
    .parseAsync()
  const name = args.set as keyof typeof dataSets
  const set = dataSets[name]
  const folder = args.to ?? `data/${name}`
  const url = args.url ?? process.env['GRIDIFY_DATA_URL'] ?? set.url
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  console.log(`${set.title}\n${set.terms}\n\nDownloading ${url}`)
  const showProgress = (received: number, total: number | undefined) => {
    if (process.stderr.isTTY)
      process.stderr.write(
        `\r\u001B[2K${formatBytes(received)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`,
      )
  }
  try {
    await downloadData(set, { url, folder, signal: controller.signal, onProgress: showProgress })
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[2K')
  }
  console.log(`Wrote ${folder}. Train on it with: npm start -- --data ${folder}`)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof GridifyError ? error.message : error)
  process.exitCode = 1
}
