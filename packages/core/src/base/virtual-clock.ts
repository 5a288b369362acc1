/** Time that passes only when nothing else is left to do: a cluster on it waits for nothing, and runs alike each time. */

import type { Clock } from './clock.ts'

interface Timer {
  readonly at: number
  readonly action: () => void
}

/**
 * Timers fire in the order of their times, each once the event loop has come round with no other timer due.
 * @param isBusy whether something is left to do that needs no time: no timer fires before it is done
 */
export function virtualClock(isBusy: () => boolean): Clock {
  const timers: Timer[] = []
  let now = 0
  let turning = false
  const turn = () => {
    turning = false
    if (isBusy()) return comeRound()
    const next = timers.shift()
    if (!next) return
    now = Math.max(now, next.at)
    next.action()
    comeRound()
  }
  const comeRound = () => {
    if (turning || timers.length === 0) return
    turning = true
    setImmediate(turn)
  }
  return {
    now: () => now,
    after(delayMs, action) {
      const timer = { at: now + delayMs, action }
      const place = timers.findIndex(({ at }) => at > timer.at)
      timers.splice(place < 0 ? timers.length : place, 0, timer)
      comeRound()
      return () => {
        const index = timers.indexOf(timer)
        if (index >= 0) timers.splice(index, 1)
      }
    },
  }
}
