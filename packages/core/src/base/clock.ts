/** Time as a port: the pure machines get `now` with each event, and only this file touches the system's timers. */

export interface Clock {
  /** Milliseconds from an arbitrary origin; never goes back. */
  now(): number
  /** Calls `action` once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, action: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return () => clearTimeout(timer)
  },
}

/** A clock that stands still until it is told to advance; the `memory` cluster and simulations run on it. */
export class VirtualClock implements Clock {
  #now = 0
  #sequence = 0
  #timers: { at: number; sequence: number; action: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), sequence: this.#sequence++, action }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Jumps to the next timer and runs it; false when there is none. */
  advance(): boolean {
    let next = this.#timers[0]
    if (!next) return false
    for (const timer of this.#timers)
      if (timer.at < next.at || (timer.at === next.at && timer.sequence < next.sequence)) next = timer
    this.#timers.splice(this.#timers.indexOf(next), 1)
    this.#now = Math.max(this.#now, next.at)
    next.action()
    return true
  }
}
