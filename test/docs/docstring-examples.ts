/** Takes the examples out of docstrings and makes one module of them, which the compiler then checks like any program. */

import { kinds, type Built, type Reflection } from './build-reference.ts'

export interface Example {
  /** The public name that the example stands at, such as `Dataset.map`. */
  readonly name: string
  readonly code: string
}

/** The examples of a name itself, without those of its members. */
function examplesAt({ comment, signatures = [], getSignature }: Reflection): string[] {
  const comments = [comment, getSignature?.comment, ...signatures.map((signature) => signature.comment)]
  const tags = comments.flatMap((each) => each?.blockTags ?? []).filter(({ tag }) => tag === '@example')
  return [
    ...new Set(tags.map(({ content }) => content.map(({ text }) => text.replace(/^```ts\n|\n```$/g, '')).join(''))),
  ]
}

export function examplesOf({ modules }: Built): Example[] {
  const named = (name: string, of: Reflection): Example[] => [
    ...examplesAt(of).map((code, i) => ({ name: i === 0 ? name : `${name}, ${i + 1}`, code })),
    ...(of.children ?? []).flatMap((child) => named(`${name}.${child.name}`, child)),
  ]
  return [...modules.values()].flat().flatMap((exported) => named(exported.name, exported))
}

/** Functions, and methods of classes, that have none; for methods of interfaces, one at the interface is enough. */
export function withoutExample({ modules }: Built): string[] {
  return [...modules.values()].flat().flatMap((exported) => {
    const { name, kind, children = [] } = exported
    if (kind === kinds.function) return examplesAt(exported).length > 0 ? [] : [name]
    if (kind === kinds.interface && examplesAt(exported).length > 0) return []
    return children
      .filter((child) => child.kind === kinds.method && examplesAt(child).length === 0)
      .map((child) => `${name}.${child.name}`)
  })
}

/** The value of each line with a comment behind it, and what the comment says. */
export type Checks = readonly (readonly [actual: unknown, expected: unknown])[]

/** Examples behind the program that they rest on. `expression // value` becomes a pair to compare; all else runs as it is. */
export function moduleOf(preparation: string, examples: readonly Example[], { modules }: Built): string {
  const functions = examples.map(({ name, code }) => {
    const body = code.replaceAll(/^(\s*);?(\S.*?) \/\/ (.*)$/gm, '$1;checks.push([$2, $3])')
    if (body === code) throw new Error(`the example of ${name} says no value: end a line in \`expression // value\``)
    return `  ${JSON.stringify(name)}: async () => {\nconst checks: unknown[][] = []\n{\n${body}\n}\nreturn checks\n},`
  })
  const seen = new Set(preparation.match(/\w+(?=[^{}\n]*\} from)/g))
  const imports = [...modules].map(([from, exported]) => {
    const names = exported.filter(({ name }) => !seen.has(name) && seen.add(name))
    const specifiers = names.map(({ name, kind }) => {
      const isValue = [kinds.class, kinds.function, kinds.variable].includes(kind)
      return isValue ? name : `type ${name}`
    })
    return `import { ${specifiers.join(', ')} } from '${from}'`
  })
  return `${imports.join('\n')}
${preparation}
export { context, folder }
export const examples: Record<string, () => Promise<unknown[][]>> = {
${functions.join('\n')}
}
`
}
