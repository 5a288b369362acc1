/** The parser of JavaScript, loaded when there is something to parse: a slot seldom has, and each would wait for it. */

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export function parser(): typeof import('acorn') {
  return require('acorn') as typeof import('acorn')
}
