/** Delivery within one thread that lets timers and sockets have their turn, however many messages follow each other. */

/** Microtasks alone would keep the event loop waiting until a whole job is done: signals, heartbeats and aborts with it. */
const turnMs = 20

export interface FairDelivery {
  /** Runs an action later, after those that were given before. */
  readonly deliver: (action: () => void) => void
  /** Whether an action waits for its turn. */
  readonly isWaiting: () => boolean
}

export function fairDelivery(): FairDelivery {
  const waiting: (() => void)[] = []
  let turnBegan = performance.now()
  let isPaused = false
  const next = () => {
    if (isPaused) return
    if (performance.now() - turnBegan < turnMs) {
      waiting.shift()?.()
      return
    }
    isPaused = true
    setImmediate(() => {
      isPaused = false
      turnBegan = performance.now()
      for (const _ of waiting) queueMicrotask(next)
    })
  }
  return {
    deliver(action) {
      waiting.push(action)
      if (!isPaused) queueMicrotask(next)
    },
    isWaiting: () => waiting.length > 0,
  }
}
