/**
 * Work folders are named after the process that they belong to, so that those of a process that was killed can be told
 * from those in use, and removed by the next one that comes.
 */

import { createHash, randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'

const ownedName = /^gridify-(?:work|cluster|session)-([0-9a-f]{12})-(\d+)-(\d+)-[0-9a-f]{8}$/

/** A path for a folder that belongs to the process `pid`; nothing is made. */
export function ownedPath(parent: string, kind: 'work' | 'cluster' | 'session', pid: number = process.pid): string {
  const started = startOf(pid) ?? 0
  return join(parent, `gridify-${kind}-${machine()}-${pid}-${started}-${randomBytes(4).toString('hex')}`)
}

/** Removes what processes of this machine and user have left; those that live, and whatever has another name, keep theirs. */
export async function removeAbandoned(parent: string): Promise<void> {
  await Promise.all(
    ownedIn(parent)
      .filter(isAbandoned)
      // Another process may be removing it too; what cannot be removed now is left to the next one.
      .map((path) => rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => {})),
  )
}

function ownedIn(parent: string): string[] {
  try {
    return readdirSync(parent).flatMap((name) => (ownedName.test(name) ? [join(parent, name)] : []))
  } catch {
    return []
  }
}

function isAbandoned(path: string): boolean {
  const [, of, pid, started] = ownedName.exec(basename(path))!
  if (of !== machine() || isAlive(Number(pid), Number(started))) return false
  if (!isOwnFolder(path)) return false
  // The daemons of a local cluster have their sessions' folders in that of their driver.
  return ownedIn(path).every(isAbandoned)
}

function isOwnFolder(path: string): boolean {
  try {
    const found = lstatSync(path)
    return found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid)
  } catch {
    return false
  }
}

let itsName: string | undefined

/** Where a process id means the same process: this machine until it starts anew, or a container of its own processes. */
function machine(): string {
  if (itsName === undefined) {
    const parts = [
      hostname(),
      orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
      orNothing(() => readlinkSync('/proc/self/ns/pid')),
    ]
    itsName = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
  }
  return itsName
}

/** Ids are used again, but not in the same moment. Systems without /proc tell no moment: there any process with the id counts. */
function isAlive(pid: number, started: number): boolean {
  if (started !== 0 && startOf(process.pid) !== undefined) return startOf(pid) === started
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** In ticks since the system started, by proc(5); undefined for a process that has ended. */
function startOf(pid: number): number | undefined {
  const text = orNothing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  // The name, in parentheses, may hold anything.
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return text === '' || state === 'Z' || state === 'X' ? undefined : Number(fields[18])
}

function orNothing(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
