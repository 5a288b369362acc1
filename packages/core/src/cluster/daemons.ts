/** Executors that run already, on this machine or others: the driver dials each of them. */

import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { UsageError } from '../base/errors.ts'
import { systemClock } from '../base/clock.ts'
import type { ExecutorId } from '../base/ids.ts'
import { connect, fetchObituary, parseUrl } from '../transport/connect.ts'
import { loadSecret } from '../transport/secret.ts'
import type { Cluster } from './cluster.ts'

/** How long executors may take to end their sessions before the connection is cut. */
const stopGraceMs = 3000

export async function connectDaemons(
  urls: readonly string[],
  { secretFile, tlsCaFile }: { readonly secretFile?: string | undefined; readonly tlsCaFile?: string | undefined },
): Promise<Cluster> {
  if (urls.length === 0) throw new UsageError('executors: give at least one ws:// address')
  const twice = urls.find((url, i) => urls.indexOf(url) !== i)
  if (twice !== undefined) throw new UsageError(`executors: ${twice} is given twice; name each executor once`)
  const loopback = urls.every((url) => ['127.0.0.1', 'localhost', '[::1]'].includes(parseUrl(url).hostname))
  const secret = await loadSecret({ file: secretFile, loopback })
  const ca = tlsCaFile === undefined ? undefined : await readCa(tlsCaFile)
  const session = randomUUID()
  const dialed = await Promise.allSettled(urls.map((url) => connect(url, { secret, session, purpose: 'control', ca })))
  const refused = dialed.find((result) => result.status === 'rejected')
  if (refused) {
    for (const result of dialed)
      if (result.status === 'fulfilled') result.value.close('another executor could not be reached')
    throw refused.reason
  }
  const channels = dialed.map((result) => (result as PromiseFulfilledResult<Awaited<ReturnType<typeof connect>>>).value)
  return {
    clock: systemClock,
    sessionKey: randomBytes(32).toString('hex'),
    ...(ca === undefined ? {} : { ca }),
    executors: channels.map((channel, i) => ({
      id: urls[i] as ExecutorId,
      url: urls[i]!,
      channel,
      async describeEnd() {
        const found = await fetchObituary(urls[i]!, secret, session, { timeoutMs: 500, ca })
        if (!found) return undefined
        const how = found.signal ? `was killed by ${found.signal}` : `ended with code ${found.exitCode}`
        const memory = found.lastRssBytes
          ? `, last seen with ${Math.round(found.lastRssBytes / 2 ** 20)} MiB of memory`
          : ''
        return `its process ${how}${memory}`
      },
    })),
    async stop() {
      await Promise.all(
        channels.map(async (channel) => {
          channel.send({ type: 'stop' })
          let timer: NodeJS.Timeout | undefined
          await Promise.race([channel.closed, new Promise((resolve) => (timer = setTimeout(resolve, stopGraceMs)))])
          clearTimeout(timer)
          channel.close('the context was stopped')
        }),
      )
    },
  }
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`tlsCaFile ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}
