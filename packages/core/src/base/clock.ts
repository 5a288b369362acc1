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
