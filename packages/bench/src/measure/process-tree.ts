/** What a process and all that it started take, read from /proc: resident bytes and CPU seconds. */

import { readdirSync, readFileSync } from 'node:fs'

export interface TreeSample {
  readonly residentBytes: number
  /** Of living processes and of ended ones that a living one waited for. */
  readonly cpuSeconds: number
  /** The largest resident size that one of the processes ever had. */
  readonly largestProcessBytes: number
  readonly pids: readonly number[]
}

const ticksPerSecond = 100

/** Members are the descendants of `rootPid` and every process of its session, whoever its parent is now. */
export function sampleProcessTree(rootPid: number): TreeSample {
  const processes = new Map<number, { parent: number; session: number; cpuSeconds: number }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = readProc(`/proc/${name}/stat`)
      ?.replace(/^.*\) /s, '')
      .split(' ')
    if (!fields) continue
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
    processes.set(Number(name), {
      parent: Number(fields[1]),
      session: Number(fields[3]),
      cpuSeconds: ticks / ticksPerSecond,
    })
  }
  const belongs = (pid: number): boolean => {
    const found = processes.get(pid)
    if (!found) return false
    return pid === rootPid || found.session === rootPid || belongs(found.parent)
  }
  const pids = [...processes.keys()].filter(belongs)
  let residentBytes = 0
  let cpuSeconds = 0
  let largestProcessBytes = 0
  for (const pid of pids) {
    cpuSeconds += processes.get(pid)!.cpuSeconds
    const status = readProc(`/proc/${pid}/status`) ?? ''
    const kilobytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    residentBytes += kilobytes('VmRSS') * 1024
    largestProcessBytes = Math.max(largestProcessBytes, kilobytes('VmHWM') * 1024)
  }
  return { residentBytes, cpuSeconds, largestProcessBytes, pids }
}

/** CPU seconds of ended children of this process and of theirs, as the kernel counts them. */
export function endedChildrenCpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It ended between the listing and the reading.
    return undefined
  }
}
