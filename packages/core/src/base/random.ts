/** Random numbers that depend on a seed alone: the same on every machine, independent from stream to stream. */

/**
 * Uniform numbers in [0, 1) with 32 random bits each. `seeds` names the stream, such as a user's seed and a partition.
 * The generator is sfc32 by Chris Doty-Humphrey (PractRand), which passes its tests; seeds are spread by the finalizer
 * of MurmurHash3, and the first 15 numbers are dropped, as its author advises.
 */
export function randomStream(...seeds: readonly number[]): () => number {
  const state = new Int32Array(3)
  let hash = 0x9e3779b9
  for (const seed of seeds) {
    const [low, high] = wordsOf(seed)
    for (const word of [low, high]) {
      hash = mix((hash ^ word) | 0)
      for (let i = 0; i < 3; i++) state[i] = mix(state[i]! ^ Math.imul(hash, 2 * i + 3))
    }
  }
  let [a, b, c] = state as unknown as [number, number, number]
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 0x100000000
  }
  for (let i = 0; i < 15; i++) next()
  return next
}

function wordsOf(seed: number): [number, number] {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, seed)
  return [view.getInt32(0), view.getInt32(4)]
}

function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** How many copies of a row a Poisson sample takes. Knuth, The Art of Computer Programming 2, 3.4.1; large means in parts. */
export function poisson(mean: number, random: () => number): number {
  let copies = 0
  for (let rest = mean; rest > 0; rest -= 30) {
    const limit = Math.exp(-Math.min(rest, 30))
    for (let product = random(); product > limit; product *= random()) copies++
  }
  return copies
}
