/** Slots that start before the session which they belong to is loaded: their threads load modules while its own does. */

import type { SlotEvents, StartSlot } from './slot-host.ts'

/** Starts `cores` slots at once; the session's first start of each takes it over, with what it has said until then. */
export function startAhead(cores: number, startSlot: StartSlot): StartSlot {
  const ahead = new Map(Array.from({ length: cores }, (_, number) => [number, startUnowned(number, startSlot)]))
  return (number, events) => {
    const slot = ahead.get(number)
    if (!slot) return startSlot(number, events)
    ahead.delete(number)
    slot.own(events)
    return slot.host
  }
}

function startUnowned(number: number, startSlot: StartSlot) {
  let owner: SlotEvents | undefined
  const early: ((events: SlotEvents) => void)[] = []
  const tell = (say: (events: SlotEvents) => void) => {
    if (owner) say(owner)
    else early.push(say)
  }
  const host = startSlot(number, {
    onReply: (reply) => tell((events) => events.onReply(reply)),
    onDeath: (failure) => tell((events) => events.onDeath(failure)),
  })
  return {
    host,
    own(events: SlotEvents) {
      // Not before the session has the host which the events are about.
      queueMicrotask(() => {
        owner = events
        for (const say of early.splice(0)) say(events)
      })
    },
  }
}
