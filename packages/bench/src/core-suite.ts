/** The core suite: every case on gridify and its peers, each run a fresh process, the peers of a case taking turns. */

import { isDeepStrictEqual } from 'node:util'
import type { BenchCase, Checksum } from './bench-case.ts'
import type { CaseResult } from './entries/report-result.ts'
import { runProcess, type Command } from './measure/run-process.ts'
import type { CaseRequest, Peer } from './peers/peer.ts'

export interface CoreSuiteOptions {
  readonly cases: readonly BenchCase[]
  /** gridify comes first; ratios are to it. */
  readonly peers: readonly Peer[]
  readonly rounds: number
  readonly scale: number
  /** For one job; a process that runs two gets twice as much. */
  readonly limitSeconds: number
  readonly onResult: (result: PeerResult) => void
  readonly onNote: (text: string) => void
}

export interface Run {
  readonly seconds: number
  /** Of the first job in the process, where it runs more than one. */
  readonly firstJobSeconds?: number
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
}

export interface PeerResult {
  readonly case: string
  readonly peer: string
  readonly runs: readonly Run[]
  readonly checksum?: Checksum
  /** How the last run ended where it did not end well. */
  readonly problem?: string
}

export async function runCoreSuite(options: CoreSuiteOptions): Promise<PeerResult[]> {
  const present = options.peers.filter((peer) => {
    const reason = peer.missing()
    if (reason) options.onNote(`${peer.name}: skipped, ${reason}`)
    return !reason
  })
  const results: PeerResult[] = []
  for (const benchCase of options.cases) {
    const ofCase = await runCase(benchCase, present, options)
    for (const result of ofCase) options.onResult(result)
    results.push(...ofCase)
  }
  return results
}

async function runCase(benchCase: BenchCase, peers: readonly Peer[], options: CoreSuiteOptions): Promise<PeerResult[]> {
  const { scale, rounds, limitSeconds } = options
  const sized = benchCase.at(scale)
  sized.prepare?.()
  const entrants = peers
    .filter((peer) => peer.has(sized))
    .map((peer) => ({
      peer,
      runs: [] as Run[],
      checksum: undefined as Checksum | undefined,
      ...commandOf(peer, { id: benchCase.id, scale, sized }),
    }))
  let expected = benchCase.expected[scale]
  for (let round = 0; round < rounds; round++) {
    for (const entrant of entrants) {
      // What failed once is not worth its time limit again.
      if (entrant.problem || !entrant.command) continue
      const { jobsPerProcess } = entrant.peer
      const run = await runProcess(entrant.command, limitSeconds * jobsPerProcess)
      const jobs = run.results as CaseResult[]
      const last = jobs.at(-1)
      if (run.timedOut && jobs.length < jobsPerProcess) entrant.problem = `> ${limitSeconds} s`
      else if (run.failure) entrant.problem = run.failure
      if (!last) continue
      if (jobs.length < jobsPerProcess) entrant.problem = `cold run only (${entrant.problem})`
      entrant.runs.push({
        seconds: last.seconds,
        ...(jobs.length > 1 ? { firstJobSeconds: jobs[0]!.seconds } : {}),
        wallSeconds: run.wallSeconds,
        cpuSeconds: run.cpuSeconds,
        peakBytes: run.peakBytes,
      })
      entrant.checksum = last.checksum
      expected ??= last.checksum
      if (!isDeepStrictEqual({ ...last.checksum }, { ...expected }))
        entrant.problem = `WRONG: ${JSON.stringify(last.checksum)}, not ${JSON.stringify(expected)}`
    }
  }
  return entrants.map(({ peer, runs, checksum, problem }) => ({
    case: benchCase.id,
    peer: peer.name,
    runs,
    ...(checksum ? { checksum } : {}),
    ...(problem ? { problem } : {}),
  }))
}

/** A program that does not compile is a result of its own; the others still run. */
function commandOf(peer: Peer, request: CaseRequest): { command?: Command; problem: string | undefined } {
  try {
    return { command: peer.command(request), problem: undefined }
  } catch (error) {
    return { problem: `no program: ${error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error)}` }
  }
}
