/**
 * Peak resident memory of a process and all that it started, sampled from /proc. Pages that processes share count once
 * each, so this is an upper bound. Other systems have no /proc; there the caller falls back to what a process says of itself.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'

const sampleIntervalMs = 100

export interface ProcessTreeMeter {
  /** Takes a sample now; undefined where there is no /proc. */
  sample(): number | undefined
  /** The largest sample; undefined where there is no /proc. */
  peakBytes(): number | undefined
  /** How the figure was taken, for the report. */
  readonly method: 'process tree, sampled every 100 ms' | 'main process only'
  stop(): void
}

export function startProcessTreeMeter(rootPid: number, procFolder = '/proc'): ProcessTreeMeter {
  if (!existsSync(`${procFolder}/${rootPid}/status`))
    return { sample: () => undefined, peakBytes: () => undefined, method: 'main process only', stop: () => {} }
  let peak = 0
  const sample = () => {
    const bytes = residentBytesOfTree(rootPid, procFolder)
    peak = Math.max(peak, bytes)
    return bytes
  }
  sample()
  const timer = setInterval(sample, sampleIntervalMs).unref()
  return {
    sample,
    peakBytes: () => peak,
    method: 'process tree, sampled every 100 ms',
    stop: () => clearInterval(timer),
  }
}

function residentBytesOfTree(rootPid: number, procFolder: string): number {
  const childrenOf = new Map<number, number[]>()
  const residentOf = new Map<number, number>()
  for (const name of readdirSync(procFolder)) {
    if (!/^\d+$/.test(name)) continue
    const status = readStatus(`${procFolder}/${name}/status`)
    if (!status) continue
    const siblings = childrenOf.get(status.parent)
    if (siblings) siblings.push(Number(name))
    else childrenOf.set(status.parent, [Number(name)])
    residentOf.set(Number(name), status.residentBytes)
  }
  let total = 0
  for (const pending = [rootPid]; pending.length > 0;) {
    const pid = pending.pop()!
    total += residentOf.get(pid) ?? 0
    pending.push(...(childrenOf.get(pid) ?? []))
  }
  return total
}

function readStatus(file: string): { parent: number; residentBytes: number } | undefined {
  let status: string
  try {
    status = readFileSync(file, 'utf8')
  } catch {
    // It ended between the listing and the reading.
    return undefined
  }
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return { parent: number('PPid'), residentBytes: number('VmRSS') * 1024 }
}
