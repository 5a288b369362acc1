import { ImplicitALS, type ALSOptions } from '@gridify/mf'
import { expect, test } from 'vitest'

test.each([
  [{ factor: 3 }, 'has no option `factor`; did you mean `factors`?'],
  [{ unobservedweight: 1 }, 'did you mean `unobservedWeight`?'],
  [{ factors: 0 }, 'ImplicitALS: option `factors` must be a whole number from 1 to 1024, got 0'],
  [{ iterations: '3' }, "option `iterations` must be a whole number of at least 1, got '3'"],
  [{ solver: 'lu' }, "option `solver` must be one of 'cg', 'cholesky', got 'lu'"],
  [{ factors: Number.NaN }, 'option `factors` must be a whole number from 1 to 1024, got NaN'],
  [{ regularization: 0 }, 'option `regularization` must be a number above 0, got 0'],
  [{ alpha: 'none' }, "option `alpha` must be a number above 0, or 'auto', got 'none'"],
  [{ scheme: 'auto' }, "scheme 'auto' does not exist yet; choose 'half' or 'full'"],
  [{ scheme: 'full', grid: [2, 0] }, 'option `grid.1` must be a whole number of at least 1, got 0'],
  [{ grid: [2, 2] }, "scheme 'half' does not use `grid`"],
  [{ objective: 'hu2008', unobservedWeight: 1 }, "objective 'hu2008' does not use `unobservedWeight`"],
  [{ objective: 'hu2008', regularizationExponent: 1 }, "objective 'hu2008' does not use `regularizationExponent`"],
  [{ confidence: 'linear', epsilon: 1 }, "confidence 'linear' does not use `epsilon`"],
  [{ solver: 'cholesky', cgSteps: 3 }, "solver 'cholesky' does not use `cgSteps`"],
])('%j is refused: %s', (options, message) => {
  expect(() => new ImplicitALS(options as ALSOptions)).toThrow(message)
})
test('an option that is undefined is one that is not given', () => {
  expect(
    () =>
      new ImplicitALS({
        factors: undefined,
        objective: 'hu2008',
        unobservedWeight: undefined,
      } as unknown as ALSOptions),
  ).not.toThrow()
})
