/** The wire node of a function: a name where executors can look it up, else its source and what it captured. */

import { join } from 'node:path'
import { types } from 'node:util'
import { analyseFunction, type FunctionAnalysis } from './analyse-function.ts'
import { builtinValue } from './builtin-values.ts'
import { isWritten } from './class-members.ts'
import { captureNames, importedFileRefusal, importMetaRefusal } from './captured-names.ts'
import type { Graph } from './graph.ts'
import { knownKeys } from './computed-keys.ts'
import { inspectFunction, type InspectedFunction } from './inspect-function.ts'
import { InspectorUnavailable } from './inspector-session.ts'
import type { SourceRange } from './parse-function.ts'
import { projectModule } from './classify-import.ts'
import { bundledModule, modeOfFile, modeOfPackage, shownPath } from './module-rules.ts'
import { findPackageExport, type PackageExport } from './package-export.ts'
import { corePackage, fileOfUrl, isImported, packageOfFile, realPath, type Package } from './package-of.ts'
import { exportedName } from './script-exports.ts'
import { importsOf } from './script-imports.ts'
import { isNative } from './intrinsics.ts'
import { isNodeScript, scriptOf, startOfText, type Script } from './scripts.ts'
import { describePosition, originalPosition } from './source-location.ts'
import { keyText, parentName, shippedSource } from './shipped-source.ts'
import { Refusal, type Trail } from './trail.ts'
import type { Extras, Slot, WireFunction, WireNode } from './wire.ts'
import { factorySite, recordedEnv } from './with-env.ts'

const keyName = '__key'
const ownOfFunctions = new Set<PropertyKey>(['length', 'name', 'prototype', 'arguments', 'caller'])

export function describeFunction(graph: Graph, fn: Function, trail: Trail): WireNode {
  const recorded = recordedEnv(fn)
  if (recorded) {
    trail.location = factorySite(recorded.factory) ?? 'unknown'
    trail.place = `withEnv at ${trail.location}`
    const factory = graph.slot(recorded.factory, trail, 'part', 'factory')
    return ['withEnv', factory, graph.slot(recorded.env, trail, 'part', 'env')]
  }
  const usedBy = String(trail)
  const builtin = builtinValue(fn)
  if (builtin) return graph.importNode({ ...builtin, version: null, file: null, style: 'require', usedBy })
  const inspected = inspectIfPossible(fn)
  if (inspected?.bound) {
    const { target, self, args } = inspected.bound
    trail.place = typeof fn.name === 'string' && fn.name !== 'bound ' ? `function ${fn.name}` : 'bound function'
    return [
      'bound',
      graph.slot(target, trail, 'part', 'bound target'),
      graph.slot(self, trail, 'part', 'bound this'),
      args.map((argument, i) => graph.slot(argument, trail, 'part', `bound argument ${i}`)),
    ]
  }
  const source = Function.prototype.toString.call(fn)
  if (isNative(fn)) {
    throw new Refusal(
      trail,
      `is a native function (${fn.name || 'anonymous'}) that has no name to look it up by; wrap it in a function`,
    )
  }
  const script = inspected?.location && scriptOf(inspected.location.scriptId)
  if (script && isNodeScript(script.url)) {
    throw new Refusal(
      trail,
      `is part of Node itself (${fn.name || 'anonymous'} of ${script.url}) and has no public name; wrap it in a function`,
    )
  }
  return importOfPackage(graph, fn, script, trail) ?? describeSource(graph, fn, source, inspected, script, trail)
}

function importOfPackage(graph: Graph, fn: Function, script: Script | undefined, trail: Trail): WireNode | undefined {
  const file = script && fileOfUrl(script.url)
  if (script && file !== undefined) {
    const own = importOfProject(graph, fn, script, realPath(file), trail)
    if (own) return own
  }
  const owner = file === undefined ? undefined : packageOfFile(file)
  if (file === undefined || owner === undefined || !isImported(owner)) return undefined
  const installed = findPackageExport(fn, file, owner)
  const found = installed && modeOfPackage(owner.name) === 'bundle' ? inBundle(installed, owner) : installed
  if (found) return graph.importNode({ ...found, usedBy: String(trail) })
  if (owner.name !== corePackage) {
    graph.warnings.add(`${String(trail)} is not an export of package '${owner.name}'; its source is sent by value`)
  }
  return undefined
}

/** A function of a file that is not to travel by value, found in another way than by its import. */
function importOfProject(graph: Graph, fn: Function, script: Script, file: string, trail: Trail): WireNode | undefined {
  const mode = modeOfFile(file)
  if (mode === undefined || mode === 'value') return undefined
  const name = exportedName(fn, script, file)
  const module = name === undefined ? undefined : projectModule(file)
  if (name !== undefined && module) return graph.importNode({ ...module, name, style: 'import', usedBy: String(trail) })
  graph.warnings.add(`${String(trail)} is not an export of ${shownPath(file)}; its source is sent by value`)
  return undefined
}

function inBundle(found: PackageExport, { root }: Package): PackageExport | undefined {
  const key = found.file === null ? found.specifier : join(root, found.file)
  const module = bundledModule(key)
  return module && { ...found, ...module }
}

function describeSource(
  graph: Graph,
  fn: Function,
  source: string,
  inspected: InspectedFunction | undefined,
  script: Script | undefined,
  trail: Trail,
): WireNode {
  const at = inspected?.location
  const start = at && script?.source !== undefined ? startOfText(script.source, source, at.line, at.column) : at
  const site = start ? undefined : factorySite(fn)
  const location = start
    ? describePosition(originalPosition(script?.url || 'evaluated code', start.line + 1, start.column + 1))
    : (site ?? 'unknown')
  const kind = /^class\b/.test(source) ? 'class' : 'function'
  trail.location = location
  trail.place = `${fn.name === '' ? `anonymous ${kind}` : `${kind} ${fn.name}`}${location === 'unknown' ? '' : ` at ${location}`}`
  const analysis = analyse(source, trail)
  refuseUnknowable(analysis, trail)
  if (inspected?.scopes.some(({ description }) => description.startsWith('With'))) {
    throw new Refusal(trail, 'stands inside a `with` block, so what it uses cannot be known; move it out')
  }
  if (analysis.hasStaticPrivateFields) {
    graph.warnings.add(
      `${trail.place} has static private (#) fields, which cannot be read: on executors they start again from their initialisers; ` +
        "keep such state outside of the class, or import its module there: modules: { './its-file': 'bundle' }",
    )
  }
  const { names, values, missing } = captureNames(graph, {
    analysis,
    scopes: inspected?.scopes ?? [],
    script,
    trail,
  })
  if (analysis.parsed.heritage) {
    names.push(parentName)
    values.push(graph.slot(Object.getPrototypeOf(fn), trail, 'part', 'parent class'))
  }
  const keys = missing.length > 0 ? keysInSource(graph, fn, analysis, missing, names, values, trail) : []
  const shipped = shippedSource(fn, source, analysis, keys)
  if (shipped.importName !== undefined) {
    names.push(shipped.importName)
    values.push(graph.add(['stub', 'import'], trail))
  }
  const free = [...analysis.outside.names]
  const wire: WireFunction = {
    source: shipped.text,
    form: shipped.form,
    isClass: analysis.isClass,
    strict: isStrict(fn, analysis, inspected, script),
    name: typeof fn.name === 'string' ? fn.name : '',
    url: script?.url ?? '',
    line: start?.line ?? 0,
    column: start?.column ?? 0,
    names,
    values,
    assigned: free.flatMap(([name, use]) => (use.assigned && names.includes(name) ? [name] : [])),
    evaluated: [
      ...free.flatMap(([name, use]) => (use.evaluated && names.includes(name) ? [name] : [])),
      ...(analysis.parsed.heritage ? [parentName] : []),
      ...names.filter((name) => name.startsWith(keyName)),
    ],
    ...ownState(graph, fn, analysis, trail),
  }
  return ['function', wire]
}

/** Writes computed names as what they came to, where the expression cannot be evaluated again. */
function keysInSource(
  graph: Graph,
  fn: Function,
  { members }: FunctionAnalysis,
  missing: readonly string[],
  names: string[],
  values: Slot[],
  trail: Trail,
): { range: SourceRange; text: string }[] {
  const known = knownKeys(fn, members)
  const unknown = members.find(({ keyRange }) => keyRange && !known.some(({ member }) => member.keyRange === keyRange))
  if (unknown) {
    throw new Refusal(
      trail,
      `names a member by \`${missing[0]}\`, which V8 kept no value of; give the member a plain name, or use \`${missing[0]}\` in a method too`,
    )
  }
  return known.map(({ member, key }, i) => {
    if (typeof key === 'string') return { range: member.keyRange, text: keyText(key) }
    names.push(keyName + i)
    values.push(graph.slot(key, trail, 'part', String(key)))
    return { range: member.keyRange, text: `[${keyName}${i}]` }
  })
}

function refuseUnknowable({ outside, isArrow, isClass, parsed }: FunctionAnalysis, trail: Trail): void {
  if (outside.privateNames.size > 0 || parsed.form === 'private') {
    const names = [...outside.privateNames].map((name) => `#${name}`).join(', ')
    throw new Refusal(trail, `is a method that uses the private name ${names || '#'}; send the class instead`)
  }
  if (outside.usesSuper && !isClass)
    throw new Refusal(trail, 'is a method that uses `super`; send its class instead, or call the parent by its name')
  if (outside.callsEval) throw new Refusal(trail, 'calls eval, so what it uses cannot be known; write the code out')
  if (outside.usesWith) {
    throw new Refusal(trail, 'has a `with` block, so what it uses cannot be known; write the names out')
  }
  if (outside.usesThis && isArrow) {
    throw new Refusal(
      trail,
      'is an arrow function that uses the `this` of the function around it, which V8 does not show; copy it first (const self = this)',
    )
  }
  if (outside.usesImportMeta) throw importMetaRefusal(trail)
  const relative = outside.dynamicImports.find(({ specifier }) => specifier !== undefined && /^[./]/.test(specifier))
  if (relative?.specifier !== undefined) throw importedFileRefusal(trail, relative.specifier)
}

function ownState(
  graph: Graph,
  fn: Function,
  analysis: FunctionAnalysis,
  trail: Trail,
): Pick<WireFunction, 'own' | 'prototype' | 'replacedPrototype'> {
  const skipped = (key: PropertyKey): boolean =>
    ownOfFunctions.has(key) || isWritten(analysis.members, true, key, Object.getOwnPropertyDescriptor(fn, key)!)
  const hasOwn = Reflect.ownKeys(fn).some((key) => !skipped(key))
  const own = hasOwn ? graph.properties(fn, trail, skipped) : null
  const prototype: unknown = Object.getOwnPropertyDescriptor(fn, 'prototype')?.value
  if (typeof prototype !== 'object' || types.isGeneratorFunction(fn)) {
    return { own, prototype: null, replacedPrototype: null }
  }
  if (prototype === null) return { own, prototype: null, replacedPrototype: ['undefined'] }
  if (Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value !== fn) {
    return {
      own,
      prototype: null,
      replacedPrototype: graph.slot(prototype, trail, 'property', 'prototype'),
    }
  }
  return {
    own,
    prototype: prototypeChanges(graph, prototype, analysis, trail),
    replacedPrototype: null,
  }
}

function prototypeChanges(graph: Graph, prototype: object, analysis: FunctionAnalysis, trail: Trail): Extras | null {
  const { isClass, members } = analysis
  const parent: unknown = Object.getPrototypeOf(prototype)
  // A class is evaluated again from its source; only what was added or replaced afterwards travels beside it.
  const skipped = (key: PropertyKey): boolean =>
    key === 'constructor' || isWritten(members, false, key, Object.getOwnPropertyDescriptor(prototype, key)!)
  const hasParent = !isClass && parent !== Object.prototype
  if (!hasParent && Reflect.ownKeys(prototype).every(skipped)) return null
  const parentSlot = hasParent ? graph.slot(parent, trail, 'part', 'parent prototype') : 0
  return [parentSlot, ...graph.properties(prototype, trail, skipped)]
}

function isStrict(
  fn: Function,
  { isClass, isArrow, parsed }: FunctionAnalysis,
  inspected: InspectedFunction | undefined,
  script: Script | undefined,
): boolean {
  if (isClass || inspected === undefined || inspected.scopes.some(({ description }) => description === 'Module'))
    return true
  const { node } = parsed
  const isOrdinary = parsed.form === 'expression' && !isArrow && 'async' in node && !node.async && !node.generator
  // Only ordinary sloppy functions have an own `caller`.
  if (isOrdinary) return !Object.hasOwn(fn, 'caller')
  return script !== undefined && importsOf(script).isStrict
}

function analyse(source: string, trail: Trail): FunctionAnalysis {
  try {
    return analyseFunction(source)
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal(trail, error.message)
    throw error
  }
}

function inspectIfPossible(fn: Function): InspectedFunction | undefined {
  try {
    return inspectFunction(fn)
  } catch (error) {
    if (error instanceof InspectorUnavailable) return undefined
    throw error
  }
}
