/**
 * The tasks of one slot's queue, in memory that session and slot share. The slot claims each as it starts it; the session
 * takes one back that has not started, for an idle slot or since nobody needs it, or asks one that has started to end.
 */

import type { TaskId } from '../base/ids.ts'

/** More than are ever sent ahead to one slot. */
const places = 64
export const claimBytes = places * Int32Array.BYTES_PER_ELEMENT

/** A word holds the number of a task's turn and one of these: a turn that is over cannot be taken for one that uses its word again. */
const queued = 0
const started = 1
const takenBack = 2
const cancelled = 3
const word = (turn: number, state: number) => (turn << 2) | state

/** Changes a turn's state, where it is `from`. */
function change(words: Int32Array, turn: number, from: number, to: number): boolean {
  return Atomics.compareExchange(words, turn % places, word(turn, from), word(turn, to)) === word(turn, from)
}

/** The session's side: tasks from when they are sent to a slot until it has answered for them. */
export class SentTasks {
  readonly #words: Int32Array
  readonly #turns = new Map<TaskId, number>()
  #lastTurn = 0

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared)
  }

  /** The turn that goes along with the task. */
  add(task: TaskId): number {
    const unanswered = [...this.#turns.values()]
    do this.#lastTurn++
    while (unanswered.some((other) => (this.#lastTurn - other) % places === 0))
    const turn = this.#lastTurn
    Atomics.store(this.#words, turn % places, word(turn, queued))
    this.#turns.set(task, turn)
    return turn
  }

  /** Whether the slot will not start it. */
  takeBack(task: TaskId): boolean {
    const turn = this.#turns.get(task)
    if (turn === undefined || !change(this.#words, turn, queued, takenBack)) return false
    this.#turns.delete(task)
    return true
  }

  /** A task that the slot has started is to end. */
  cancel(task: TaskId): void {
    const turn = this.#turns.get(task)
    if (turn !== undefined) change(this.#words, turn, started, cancelled)
  }

  end(task: TaskId): void {
    this.#turns.delete(task)
  }

  /** The one that the slot started last, of those that it has not answered for. */
  get running(): TaskId | undefined {
    let running: TaskId | undefined
    for (const [task, turn] of this.#turns)
      if (Atomics.load(this.#words, turn % places) !== word(turn, queued)) running = task
    return running
  }
}

/** The slot's side. */
export class TaskClaims {
  readonly #words: Int32Array
  #turn = 0

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared)
  }

  /** Whether the task is this slot's to run. */
  start(turn: number): boolean {
    this.#turn = turn
    return change(this.#words, turn, queued, started)
  }

  /** Whether the task that was started last is to end. */
  get isCancelled(): boolean {
    return Atomics.load(this.#words, this.#turn % places) === word(this.#turn, cancelled)
  }
}
