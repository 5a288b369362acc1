/** Walks a function's syntax tree and notes what it takes from outside: names, `this`, `super`, #names, `eval`. */

import type { AnyNode, MemberExpression, Pattern } from 'acorn'
import { addBlockNames, addPatternNames, addVarNames, childNodes } from './bindings.ts'
import { isClass, type ClassNode, type FunctionNode } from './parse-function.ts'

/** What vite makes of `import()` in a test runner and in its server. */
export const viteImport = /^__vi(te_ssr)?_dynamic_import__$/

export interface FreeName {
  /** The properties read from it, or undefined once it is used in any other way. */
  members: Set<string> | undefined
  assigned: boolean
  /** Only `typeof name`, which is allowed for names that do not exist. */
  typeofOnly: boolean
  /** Needed while a class is evaluated, not only in its methods. */
  evaluated: boolean
  /** Needed for nothing but computed names of the class's own members. */
  keyOnly: boolean
}

export interface Outside {
  readonly names: Map<string, FreeName>
  usesThis: boolean
  usesSuper: boolean
  usesImportMeta: boolean
  callsEval: boolean
  usesWith: boolean
  readonly privateNames: Set<string>
  /** Positions of the `import` of dynamic imports, in the parsed text. */
  readonly dynamicImports: { readonly start: number; readonly specifier: string | undefined }[]
  /** Literal arguments of what vite writes in the place of `import()`. */
  readonly viteImports: Set<string>
  /** Literal arguments of `require()`. */
  readonly requires: Set<string>
}

/** What the code around a node provides. */
interface Place {
  readonly ownsThis: boolean
  readonly ownsSuper: boolean
  /** True while the class that is captured is being evaluated. */
  readonly evaluating: boolean
  /** Inside a computed name of a member of the class that is captured. */
  readonly inKey?: boolean
}

export function namesFromOutside(root: FunctionNode | ClassNode): Outside {
  const walker = new OutsideWalker()
  const place = { ownsThis: false, ownsSuper: false, evaluating: true }
  // The parent of the class itself is known as a value, whatever expression gave it.
  if (isClass(root)) walker.walkClass({ ...root, superClass: null }, place)
  else walker.walkFunction(root, { ...place, evaluating: false })
  return walker.outside
}

class OutsideWalker {
  readonly outside: Outside = {
    names: new Map(),
    usesThis: false,
    usesSuper: false,
    usesImportMeta: false,
    callsEval: false,
    usesWith: false,
    privateNames: new Set(),
    dynamicImports: [],
    viteImports: new Set(),
    requires: new Set(),
  }
  private readonly scopes: Set<string>[] = []
  private readonly privateScopes: Set<string>[] = []

  walkFunction(node: FunctionNode, place: Place): void {
    const arrow = node.type === 'ArrowFunctionExpression'
    const inside: Place = {
      ownsThis: place.ownsThis || !arrow,
      ownsSuper: place.ownsSuper,
      evaluating: false,
    }
    const names = new Set<string>(arrow ? [] : ['arguments'])
    if (node.type === 'FunctionExpression' && node.id) names.add(node.id.name)
    for (const parameter of node.params) addPatternNames(parameter, names)
    const inBody = new Set<string>()
    if (node.body.type === 'BlockStatement') {
      addVarNames(node.body, inBody)
      addBlockNames(node.body.body, inBody)
    }
    this.within(names, () => {
      // a default value does not see the variables of the body
      for (const parameter of node.params) this.walk(parameter, inside)
      this.within(inBody, () => {
        if (node.body.type === 'BlockStatement') for (const statement of node.body.body) this.walk(statement, inside)
        else this.walk(node.body, inside)
      })
    })
  }

  walkClass(node: ClassNode, place: Place): void {
    const member: Place = { ownsThis: true, ownsSuper: true, evaluating: false }
    const initialiser: Place = { ...member, evaluating: place.evaluating }
    this.privateScopes.push(privateNamesOf(node))
    this.within(new Set(node.id ? [node.id.name] : []), () => {
      if (node.superClass) this.walk(node.superClass, place)
      for (const part of node.body.body) {
        if (part.type === 'StaticBlock') {
          this.walkBlock(part.body, initialiser)
          continue
        }
        if (part.computed) this.walk(part.key, { ...place, inKey: place.evaluating })
        if (part.type === 'MethodDefinition') this.walkFunction(part.value, member)
        else if (part.value) this.walk(part.value, part.static ? initialiser : member)
      }
    })
    this.privateScopes.pop()
  }

  private walk(node: AnyNode, place: Place): void {
    switch (node.type) {
      case 'Identifier':
        this.use(node.name, place, { other: true })
        return
      case 'ThisExpression':
        if (!place.ownsThis) this.outside.usesThis = true
        return
      case 'Super':
        if (!place.ownsSuper) this.outside.usesSuper = true
        return
      case 'MetaProperty':
        if (node.meta.name === 'import') this.outside.usesImportMeta = true
        return
      case 'PrivateIdentifier':
        if (!this.privateScopes.some((names) => names.has(node.name))) this.outside.privateNames.add(node.name)
        return
      case 'ImportExpression': {
        const specifier = node.source.type === 'Literal' ? String(node.source.value) : undefined
        this.outside.dynamicImports.push({ start: node.start, specifier })
        this.walk(node.source, place)
        return
      }
      case 'CallExpression':
        if (node.callee.type === 'Identifier' && !this.isDeclared(node.callee.name))
          this.noteCall(node.callee.name, node.arguments[0])
        break
      case 'UnaryExpression':
        if (node.operator === 'typeof' && node.argument.type === 'Identifier') {
          this.use(node.argument.name, place, {})
          return
        }
        break
      case 'MemberExpression':
        this.walkMember(node, place)
        return
      case 'Property':
        if (node.computed) this.walk(node.key, place)
        // methods and accessors of an object literal have a `super` of their own
        if (node.value.type === 'FunctionExpression' && (node.method || node.kind !== 'init')) {
          this.walkFunction(node.value, { ...place, ownsSuper: true })
        } else {
          this.walk(node.value, place)
        }
        return
      case 'WithStatement':
        this.outside.usesWith = true
        break
      case 'LabeledStatement':
        this.walk(node.body, place)
        return
      case 'BreakStatement':
      case 'ContinueStatement':
        return
      case 'UpdateExpression':
        this.assign(node.argument, place)
        return
      case 'AssignmentExpression':
        this.assign(node.left, place)
        this.walk(node.right, place)
        return
      case 'FunctionExpression':
      case 'FunctionDeclaration':
      case 'ArrowFunctionExpression':
        this.walkFunction(node, place)
        return
      case 'ClassExpression':
      case 'ClassDeclaration':
        this.walkClass(node, place)
        return
      case 'BlockStatement':
        this.walkBlock(node.body, place)
        return
      case 'SwitchStatement': {
        this.walk(node.discriminant, place)
        const names = new Set<string>()
        for (const each of node.cases) addBlockNames(each.consequent, names)
        this.within(names, () => node.cases.forEach((each) => this.walk(each, place)))
        return
      }
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        this.walkLoop(node, place)
        return
      case 'CatchClause': {
        const names = new Set<string>()
        addPatternNames(node.param, names)
        this.within(names, () => {
          if (node.param) this.walk(node.param, place)
          this.walk(node.body, place)
        })
        return
      }
    }
    for (const child of childNodes(node)) this.walk(child, place)
  }

  private walkBlock(body: readonly AnyNode[], place: Place): void {
    const names = new Set<string>()
    addBlockNames(body, names)
    this.within(names, () => body.forEach((statement) => this.walk(statement, place)))
  }

  private walkLoop(node: AnyNode & { type: 'ForStatement' | 'ForInStatement' | 'ForOfStatement' }, place: Place): void {
    const first = node.type === 'ForStatement' ? node.init : node.left
    const names = new Set<string>()
    if (first?.type === 'VariableDeclaration') addBlockNames([first], names)
    this.within(names, () => {
      if (first) {
        if (node.type !== 'ForStatement' && first.type !== 'VariableDeclaration') this.assign(first as Pattern, place)
        else this.walk(first, place)
      }
      const rest = node.type === 'ForStatement' ? [node.test, node.update, node.body] : [node.right, node.body]
      for (const part of rest) if (part) this.walk(part, place)
    })
  }

  private walkMember(node: MemberExpression, place: Place): void {
    const { object, property } = node
    const key = !node.computed && property.type === 'Identifier' ? property.name : literalKey(property)
    if (object.type === 'Identifier' && key !== undefined) this.use(object.name, place, { member: key })
    else this.walk(object, place)
    if (node.computed || property.type === 'PrivateIdentifier') this.walk(property, place)
  }

  private assign(target: AnyNode, place: Place): void {
    switch (target.type) {
      case 'Identifier':
        this.use(target.name, place, { assigned: true, other: true })
        return
      case 'ObjectPattern':
        for (const property of target.properties) {
          if (property.type === 'RestElement') {
            this.assign(property.argument, place)
          } else {
            if (property.computed) this.walk(property.key, place)
            this.assign(property.value, place)
          }
        }
        return
      case 'ArrayPattern':
        for (const element of target.elements) if (element) this.assign(element, place)
        return
      case 'AssignmentPattern':
        this.assign(target.left, place)
        this.walk(target.right, place)
        return
      case 'RestElement':
        this.assign(target.argument, place)
        return
      default:
        this.walk(target, place)
    }
  }

  private noteCall(name: string, argument: AnyNode | undefined): void {
    if (name === 'eval') this.outside.callsEval = true
    if (viteImport.test(name) && argument?.type === 'Literal') this.outside.viteImports.add(String(argument.value))
    if (name === 'require' && argument?.type === 'Literal') this.outside.requires.add(String(argument.value))
  }

  private use(name: string, place: Place, how: { member?: string; assigned?: boolean; other?: boolean }): void {
    if (this.isDeclared(name)) return
    let free = this.outside.names.get(name)
    if (free === undefined) {
      free = { members: new Set(), assigned: false, typeofOnly: true, evaluated: false, keyOnly: true }
      this.outside.names.set(name, free)
    }
    if (how.member !== undefined) free.members?.add(how.member)
    else free.members = undefined
    if (how.member !== undefined || how.other) free.typeofOnly = false
    if (how.assigned) free.assigned = true
    if (place.evaluating) free.evaluated = true
    if (!place.inKey) free.keyOnly = false
  }

  private isDeclared(name: string): boolean {
    return this.scopes.some((names) => names.has(name))
  }

  private within(names: Set<string>, visit: () => void): void {
    this.scopes.push(names)
    visit()
    this.scopes.pop()
  }
}

function privateNamesOf(node: ClassNode): Set<string> {
  const names = new Set<string>()
  for (const part of node.body.body) {
    if (part.type !== 'StaticBlock' && part.key.type === 'PrivateIdentifier') names.add(part.key.name)
  }
  return names
}

function literalKey(node: AnyNode): string | undefined {
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined
}
