/** Runs a command in a session of its own and measures it to its end, or kills it at the limit. */

import { spawn } from 'node:child_process'
import { endedChildrenCpuSeconds, sampleProcessTree } from './process-tree.ts'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface ProcessRun {
  /** What it printed on lines that begin with RESULT, in order. */
  readonly results: readonly unknown[]
  /** Why there may be no result. */
  readonly failure?: string
  readonly timedOut: boolean
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
}

const sampleEveryMs = 25
const keptOutput = 4000

export async function runProcess(command: Command, limitSeconds: number): Promise<ProcessRun> {
  const started = performance.now()
  const cpuBefore = endedChildrenCpuSeconds()
  const child = spawn(command.file, command.args, {
    // Its own session: members are found, and ended, by session id even when their parent died first.
    detached: true,
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pid = child.pid
  const results: unknown[] = []
  let pendingLine = ''
  let output = ''
  const keep = (text: string) => {
    output = `${output}${text}`.slice(-keptOutput)
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    keep(text)
    const lines = `${pendingLine}${text}`.split('\n')
    pendingLine = lines.pop()!
    for (const line of lines) if (line.startsWith('RESULT ')) results.push(JSON.parse(line.slice('RESULT '.length)))
  })
  child.stderr.setEncoding('utf8').on('data', keep)

  let peakBytes = 0
  let cpuSeconds = 0
  let members: readonly number[] = []
  let timedOut = false
  const sample = () => {
    if (pid === undefined) return
    const taken = sampleProcessTree(pid)
    peakBytes = Math.max(peakBytes, taken.residentBytes, taken.largestProcessBytes)
    cpuSeconds = Math.max(cpuSeconds, taken.cpuSeconds)
    members = taken.pids
  }
  const endAll = () => {
    sample()
    for (const member of members) {
      try {
        process.kill(member, 'SIGKILL')
      } catch {
        // It ended meanwhile.
      }
    }
  }
  // A session of its own also means that Ctrl-C does not reach it.
  const interrupt = (signal: NodeJS.Signals) => {
    endAll()
    process.kill(process.pid, signal)
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const sampler = setInterval(sample, sampleEveryMs)
  const limit = setTimeout(() => {
    timedOut = true
    endAll()
  }, limitSeconds * 1000)
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? '' : (signal ?? `exit code ${code}`)))
  })
  const wallSeconds = (performance.now() - started) / 1000
  clearInterval(sampler)
  clearTimeout(limit)
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  endAll()
  cpuSeconds = Math.max(cpuSeconds, endedChildrenCpuSeconds() - cpuBefore)
  const failed = !timedOut && (ended !== '' || results.length === 0)
  return {
    results,
    timedOut,
    wallSeconds,
    cpuSeconds,
    peakBytes,
    ...(failed ? { failure: `${ended || 'no result'}: ${reasonIn(output)}` } : {}),
  }
}

/** The line of the output that says most. */
function reasonIn(output: string): string {
  const lines = output.split('\n').map((line) => line.trim())
  const found =
    lines.find((line) => /out of memory|heap limit|OutOfMemory/i.test(line)) ??
    lines.find((line) => /^(\[?[\w.]*(Error|Exception)|Caused by)\b.*:/.test(line)) ??
    lines.filter((line) => line !== '').at(-1)
  return (found ?? 'it printed nothing').slice(0, 200)
}
