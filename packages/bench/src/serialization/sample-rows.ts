/** The rows of the serialization suite: numbers, texts, objects, and instances of a class in both of its forms. */

/** A rating as users write one; its own properties travel. */
class Rating {
  readonly user: number
  readonly item: string
  readonly weight: number
  readonly at: Date

  constructor(user: number, item: string, weight: number, at: Date) {
    this.user = user
    this.item = item
    this.weight = weight
    this.at = at
  }

  scaled(factor: number): number {
    return this.weight * factor
  }
}

/** The same, to be registered. */
export class RegisteredRating extends Rating {}

export interface SampleRows {
  readonly name: string
  readonly make: (count: number) => unknown[]
}

const day = 86_400_000
const item = (i: number) => `artist:${(i * 2_654_435_761) % 50_021}`

export const sampleRows: readonly SampleRows[] = [
  {
    name: 'numbers',
    // A zero may be negative, which JSON and msgpackr forget.
    make: (count) => Array.from({ length: count }, (_, i) => [i % 70_000, i % 1000 === 0 ? -0 : i / 7]),
  },
  {
    name: 'strings',
    make: (count) => Array.from({ length: count }, (_, i) => (i % 16 === 0 ? `Sigur Rós ${i}` : item(i))),
  },
  {
    name: 'objects',
    make: (count) =>
      Array.from({ length: count }, (_, i) => ({
        user: i,
        item: item(i),
        weight: i / 7,
        at: new Date(i * day),
        tags: i % 3 === 0 ? ['new', 'live'] : [],
        note: i % 5 === 0 ? undefined : null,
      })),
  },
  {
    name: 'class',
    make: (count) =>
      Array.from({ length: count }, (_, i) => new Rating(i, item(i), i / 7, new Date((i % 20_000) * day))),
  },
  {
    name: 'registered class',
    make: (count) =>
      Array.from({ length: count }, (_, i) => new RegisteredRating(i, item(i), i / 7, new Date((i % 20_000) * day))),
  },
]
