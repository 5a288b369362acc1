/** Delivery within one thread that lets timers and sockets have their turn, however many messages follow each other. */

/** Microtasks alone would keep the event loop waiting until a whole job is done: signals, heartbeats and aborts with it. */
const turnMs = 20

/** Runs actions later, in the order in which they were given. */
export function fairDelivery(): (action: () => void) => void {
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
  return (action) => {
    waiting.push(action)
    if (!isPaused) queueMicrotask(next)
  }
}
