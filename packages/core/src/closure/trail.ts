/** The way from the captured function to a value inside it, kept as a linked list and printed only where it is needed. */

export type Step =
  | 'root'
  | 'variable'
  | 'property'
  | 'index'
  | 'entry'
  | 'key'
  | 'member'
  | 'getter'
  | 'setter'
  | 'part'

export class Trail {
  readonly parent: Trail | undefined
  readonly step: Step
  readonly key: PropertyKey
  /** Set once a function is found here: `function f at job.ts:3:9`. */
  place = ''
  location = 'unknown'
  /** Filled in by `measureTrails`: what this value and all first reached through it weigh. */
  bytes = 0

  constructor(parent: Trail | undefined, step: Step, key: PropertyKey) {
    this.parent = parent
    this.step = step
    this.key = key
  }

  toString(): string {
    const steps: Trail[] = []
    // A hundred thousand nested objects have a path that nobody reads.
    for (let trail: Trail | undefined = this; trail; trail = trail.parent) steps.push(trail)
    const shown = steps.length > 60 ? [...steps.slice(0, 20), undefined, ...steps.slice(-20)] : steps
    let text = ''
    for (const step of shown.reverse()) {
      text += step === undefined ? ' ... ' : stepText(step)
      if (step?.place) text += `${text === '' ? '' : ' '}(${step.place})`
    }
    return text
  }
}

function stepText({ step, key }: Trail): string {
  switch (step) {
    case 'root':
      return ''
    case 'variable':
      return ` -> \`${String(key)}\``
    case 'index':
      return `[${String(key)}]`
    case 'property':
      if (typeof key === 'symbol') return `[${String(key)}]`
      return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(key)}]`
    case 'entry':
      return `.get(${String(key)})`
    case 'key':
      return ' (a key of the Map)'
    case 'member':
      return ' (a member of the Set)'
    case 'getter':
      return ` (getter ${String(key)})`
    case 'setter':
      return ` (setter ${String(key)})`
    case 'part':
      return ` (${String(key)})`
  }
}

/** A value that cannot be shipped; `capture.ts` makes a ClosureError of it. */
export class Refusal extends Error {
  readonly trail: Trail

  constructor(trail: Trail, reason: string, cause?: unknown) {
    super(reason, { cause })
    this.trail = trail
  }
}
