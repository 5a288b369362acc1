/** What a function's source says about it; kept by source text, since the text alone decides. */

import { addBlockFunctionNames } from './bindings.ts'
import { membersOf, type ClassMember } from './class-members.ts'
import { namesFromOutside, type Outside } from './free-names.ts'
import { isClass, parseFunction, type ClassNode, type ParsedFunction } from './parse-function.ts'

export interface FunctionAnalysis {
  readonly parsed: ParsedFunction
  readonly outside: Outside
  readonly isArrow: boolean
  readonly isClass: boolean
  /** The class keeps state in #fields or #methods of its instances, which nobody outside can read. */
  readonly hasPrivateState: boolean
  readonly hasStaticPrivateFields: boolean
  /** What a class's body declares; empty for functions. */
  readonly members: readonly ClassMember[]
  /** Functions declared in blocks, which sloppy mode lets the rest of the function see. */
  readonly blockFunctions: ReadonlySet<string>
}

const known = new Map<string, FunctionAnalysis>()
const knownLimit = 4096

/** @throws SyntaxError where the source cannot be parsed. */
export function analyseFunction(source: string): FunctionAnalysis {
  const found = known.get(source)
  if (found) return found
  const parsed = parseFunction(source)
  const { node } = parsed
  const blockFunctions = new Set<string>()
  addBlockFunctionNames(node, blockFunctions)
  const analysis: FunctionAnalysis = {
    parsed,
    outside: namesFromOutside(node),
    isArrow: node.type === 'ArrowFunctionExpression',
    isClass: isClass(node),
    hasPrivateState: isClass(node) && hasPrivateMember(node, false),
    hasStaticPrivateFields: isClass(node) && hasPrivateMember(node, true),
    members: isClass(node) ? membersOf(node, source, parsed.offset) : [],
    blockFunctions,
  }
  if (known.size >= knownLimit) known.delete(known.keys().next().value!)
  known.set(source, analysis)
  return analysis
}

function hasPrivateMember(node: ClassNode, isStatic: boolean): boolean {
  return node.body.body.some(
    (part) =>
      part.type !== 'StaticBlock' &&
      part.key.type === 'PrivateIdentifier' &&
      part.static === isStatic &&
      (!isStatic || part.type === 'PropertyDefinition'),
  )
}
