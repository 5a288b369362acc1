/** Gives each free name of a function its value: a captured variable, an import, or nothing where executors have it. */

import { createRequire } from 'node:module'
import type { FunctionAnalysis } from './analyse-function.ts'
import { classifyImport } from './classify-import.ts'
import { namespaceNode } from './describe-object.ts'
import { viteImport, type FreeName } from './free-names.ts'
import type { Graph } from './graph.ts'
import type { Scope } from './inspect-function.ts'
import { isStandardGlobal } from './intrinsics.ts'
import { isReference } from './is-reference.ts'
import { isNotYetDeclared } from './not-yet-declared.ts'
import { fileOfUrl } from './package-of.ts'
import { importsOf, type ScriptImport } from './script-imports.ts'
import type { Script } from './scripts.ts'
import { Refusal, Trail } from './trail.ts'
import type { NamedModule } from './named-module.ts'
import type { Slot } from './wire.ts'

export interface CapturedNames {
  readonly names: string[]
  readonly values: Slot[]
  /** Names that only computed keys use, and that V8 kept no value of. */
  readonly missing: string[]
}

interface Surroundings {
  readonly analysis: FunctionAnalysis
  readonly scopes: readonly Scope[]
  readonly script: Script | undefined
  readonly trail: Trail
}

/** What a test runner or a coverage tool writes into sources, by what it means here. */
const tools = {
  dynamicImport: viteImport,
  importMeta: /^__vite_ssr_import_meta__$/,
  moduleObject: /^(__vite_ssr_import_\d+__|__vi_import_\d+__)$/,
  coverage: /^cov_[a-z0-9]+$/,
}

export function captureNames(graph: Graph, surroundings: Surroundings): CapturedNames {
  const { analysis, scopes, trail } = surroundings
  const names: string[] = []
  const values: Slot[] = []
  const missing: string[] = []
  for (const [name, use] of analysis.outside.names) {
    const scope = scopes.findIndex(({ variables }) => Object.hasOwn(variables, name))
    if (scope < 0 && use.keyOnly && scopes.length > 0 && !(name in globalThis)) {
      missing.push(name)
      continue
    }
    const slot =
      scope < 0 ? globalSlot(graph, name, use, surroundings) : variableSlot(graph, name, use, scope, surroundings)
    if (slot === undefined) continue
    names.push(name)
    values.push(slot)
    if (use.assigned) noteAssignment(graph, name, trail)
  }
  return { names, values, missing }
}

function globalSlot(graph: Graph, name: string, use: FreeName, surroundings: Surroundings): Slot | undefined {
  const { analysis, script, trail } = surroundings
  if (isStandardGlobal(name)) return undefined
  if (name in globalThis) {
    const value: unknown = Reflect.get(globalThis, name)
    // a REPL has `require` and `module` as globals
    if (isCommonJsVariable(name, value)) return commonJsSlot(graph, name, value, use, surroundings)
    return graph.slot(value, trail, 'variable', name)
  }
  if (use.typeofOnly || analysis.blockFunctions.has(name)) return undefined
  if (script === undefined) {
    throw new Refusal(
      trail,
      `uses \`${name}\`, and this process has no V8 inspector to read captured variables with; use withEnv({ ${name} }, ({ ${name} }) => ...)`,
    )
  }
  if (use.evaluated) {
    throw new Refusal(
      trail,
      `uses \`${name}\` only while the class is defined, and V8 kept no value of it; declare \`${name}\` at the top of the file`,
    )
  }
  throw new Refusal(trail, `uses \`${name}\`, which is not defined anywhere`)
}

function variableSlot(
  graph: Graph,
  name: string,
  use: FreeName,
  index: number,
  surroundings: Surroundings,
): Slot | undefined {
  const { trail, script } = surroundings
  const scope = surroundings.scopes[index]!
  const value = readVariable(scope, name, trail)
  const here = new Trail(trail, 'variable', name)
  if (tools.coverage.test(name) && typeof value === 'function') return graph.add(['stub', 'coverage'], here)
  if (tools.dynamicImport.test(name)) return graph.add(['stub', 'import', viteModules(surroundings)], here)
  if (tools.importMeta.test(name)) throw importMetaRefusal(trail)
  if (isCommonJsVariable(name, value)) return commonJsSlot(graph, name, value, use, surroundings)
  const found = script && importAt(name, value, index, surroundings.scopes, script)
  if (found && script) {
    const module = classifyImport(found.specifier, script.url)
    if (module) return importSlot(graph, found, module, value, use, here)
    if (found.name === '*' && use.members && isReference(value)) {
      return graph.add(namespaceNode(graph, value, use.members, here), here)
    }
  }
  if (value === undefined && script && isNotYetDeclared(name, script)) throw tooEarly(trail, name)
  const slot = graph.slot(value, trail, 'variable', name)
  graph.variables.push({ trail: here, value, slot })
  return slot
}

/** V8 of Node 22 and later throws for a variable whose declaration has not run; earlier ones give undefined. */
function readVariable({ variables }: Scope, name: string, trail: Trail): unknown {
  try {
    return variables[name]
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Cannot access ')) throw tooEarly(trail, name)
    throw error
  }
}

function tooEarly(trail: Trail, name: string): Refusal {
  return new Refusal(trail, `uses \`${name}\` before its declaration has run; move the declaration above this call`)
}

/** vite resolves specifiers to files of its own server; executors need the packages' names. */
function viteModules({ analysis, script, trail }: Surroundings): Record<string, NamedModule> {
  const modules: Record<string, NamedModule> = {}
  for (const specifier of analysis.outside.viteImports) {
    const module = classifyImport(specifier, script?.url ?? '')
    if (module) modules[specifier] = module
    else if (/^[./]/.test(specifier)) throw importedFileRefusal(trail, specifier)
  }
  return modules
}

function importSlot(
  graph: Graph,
  { name, style }: ScriptImport,
  module: NamedModule,
  value: unknown,
  use: FreeName,
  trail: Trail,
): Slot {
  const usedBy = String(trail)
  // vite gives CommonJS modules named exports that Node's own import does not, so take the members one by one.
  if (name === '*' && use.members && isReference(value) && tools.moduleObject.test(String(trail.key))) {
    const keys = [...use.members].filter((key) => key in value)
    const slots = keys.map((key) => {
      const member: unknown = Reflect.get(value, key)
      return graph.addImport({ ...module, name: key, style, usedBy }, member, trail)
    })
    return graph.add(['object', null, graph.shapeId(keys), slots], trail)
  }
  return graph.addImport({ ...module, name, style, usedBy }, value, trail)
}

function isCommonJsVariable(name: string, value: unknown): boolean {
  if (name === 'require') return typeof value === 'function' && 'resolve' in value
  return (name === 'exports' || name === 'module') && isReference(value)
}

function commonJsSlot(
  graph: Graph,
  name: string,
  value: unknown,
  use: FreeName,
  { analysis, trail }: Surroundings,
): Slot {
  const here = new Trail(trail, 'variable', name)
  if (name === 'exports' && use.members && isReference(value)) {
    return graph.add(namespaceNode(graph, value, use.members, here), here)
  }
  if (name !== 'require') {
    throw new Refusal(trail, `uses \`${name}\` of its module; copy what it needs to a variable`)
  }
  const relative = [...analysis.outside.requires].find((specifier) => specifier.startsWith('.'))
  if (relative !== undefined) {
    throw new Refusal(
      trail,
      `calls require('${relative}'), a file that executors do not have; require it at the top of the file`,
    )
  }
  return graph.add(['stub', 'require'], here)
}

/** The import that a variable is, if it is one and not a local variable of the same name. */
function importAt(
  name: string,
  value: unknown,
  index: number,
  scopes: readonly Scope[],
  script: Script,
): ScriptImport | undefined {
  const { imports } = importsOf(script)
  const found = imports.get(name)
  if (found === undefined) return undefined
  const { description } = scopes[index]!
  if (description === 'Module' || description === 'Script') return found
  const outermost = scopes.findLastIndex(({ variables }) =>
    [...imports.keys()].some((each) => Object.hasOwn(variables, each)),
  )
  if (index !== outermost) return undefined
  return found.ambiguous && !isRequired(found, value, script) ? undefined : found
}

function isRequired({ specifier, name, style }: ScriptImport, value: unknown, script: Script): boolean {
  const file = fileOfUrl(script.url)
  if (style !== 'require' || file === undefined) return false
  try {
    const module: unknown = createRequire(file)(specifier)
    return name === '*' ? module === value : isReference(module) && Reflect.get(module, name) === value
  } catch {
    return false
  }
}

function noteAssignment(graph: Graph, name: string, trail: Trail): void {
  graph.assignsOutside = true
  const who = trail.step === 'root' ? '' : `${trail.place} `
  graph.warnings.add(`${who}assigns to captured variable \`${name}\`; each task gets its own copy: use an accumulator`)
}

export function importedFileRefusal(trail: Trail, specifier: string): Refusal {
  return new Refusal(
    trail,
    `imports '${specifier}', a file that executors do not have; import it at the top of the file`,
  )
}

export function importMetaRefusal(trail: Trail): Refusal {
  return new Refusal(trail, 'uses import.meta of its module; copy what it needs to a variable')
}
