/** The shared secret: from a file, never from argv, never in a log. */

import { randomBytes } from 'node:crypto'
import { chmod, link, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { makeFolder } from '../base/make-folder.ts'

export interface SecretSource {
  /** The file that both sides have, such as the value of `--secret-file`. */
  readonly file?: string | undefined
  /** Whether every address is on this machine, where a secret of one's own is found or made. */
  readonly loopback: boolean
  /** The folder of this machine's user, if not the system's. */
  readonly home?: string
  /** Told where the file can be read by other users of the machine. */
  readonly warn?: (message: string) => void
}

/** The secret's text. On loopback without a file it is `~/.gridify/secret`, made at first use. */
export async function loadSecret(source: SecretSource): Promise<string> {
  if (source.file) return readSecret(source.file, source.warn)
  if (!source.loopback)
    throw new UsageError(
      'a secret file is needed where driver and executors are not on one machine: write a random secret into a file, ' +
        'copy it to each machine, and name it with secretFile (driver) and --secret-file (executor), or GRIDIFY_SECRET_FILE',
    )
  const folder = join(source.home ?? homedir(), '.gridify')
  const file = join(folder, 'secret')
  try {
    return await readSecret(file, source.warn)
  } catch (error) {
    if (!isMissing((error as Error).cause)) throw error
  }
  try {
    makeFolder(folder, 0o700)
    await createOnce(file, randomBytes(32).toString('base64url') + '\n')
  } catch (cause) {
    throw new UsageError(
      `the secret of this user, ${file}, cannot be made: ${(cause as Error).message}; name a file with secretFile (driver) ` +
        'and --secret-file (executor), or GRIDIFY_SECRET_FILE',
      { cause },
    )
  }
  return readSecret(file, source.warn)
}

/** Of two processes that race, one makes the file and both read that one; nobody ever sees half of it. */
async function createOnce(file: string, content: string): Promise<void> {
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, content, { mode: 0o600, flag: 'wx' })
  try {
    await chmod(draft, 0o600)
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await unlink(draft)
  }
}

async function readSecret(file: string, warn: SecretSource['warn']): Promise<string> {
  let text: string
  let mode: number
  try {
    text = (await readFile(file, 'utf8')).trim()
    mode = (await stat(file)).mode
  } catch (cause) {
    throw new UsageError(
      `the secret file ${file} cannot be read: ${(cause as Error).message}; give the file that the other side has, readable for this user`,
      { cause },
    )
  }
  if (text === '') throw new UsageError(`the secret file ${file} is empty: write a random secret into it`)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    warn?.(
      `the secret file ${file} can be read by other users (mode ${(mode & 0o777).toString(8)}): run chmod 600 ${file}`,
    )
  return text
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}
