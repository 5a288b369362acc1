/** From counts to confidence: w = alpha * r | alpha * log(1 + r / epsilon) | alpha (Hu, Koren, Volinsky 2008, eq. 6 and section 4). */

export interface Confidence {
  readonly confidence: 'linear' | 'log' | 'binary'
  readonly epsilon: number
}

/** What `alpha` multiplies. */
export function transform(value: number, { confidence, epsilon }: Confidence): number {
  switch (confidence) {
    case 'linear':
      return value
    case 'log':
      return Math.log1p(value / epsilon)
    case 'binary':
      return 1
  }
}
