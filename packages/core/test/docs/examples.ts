/** Takes the examples out of docstrings and makes one module of them, which the compiler then checks like any program. */
import { readFileSync } from 'node:fs'

export interface Example {
  /** The public name that the example stands at, such as `Dataset.map`. */
  readonly name: string
  readonly code: string
}

/** Public members of a class, with what they say about themselves. */
export function docsOf(file: string, className: string): { name: string; doc: string }[] {
  const source = readFileSync(file, 'utf8')
  const body = source.slice(source.indexOf(`export class ${className}`))
  const members = body.matchAll(
    /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\s*)?^ {2}(?:async )?(?:get )?([a-z]\w*|\[Symbol\.\w+\])(?:<[^(]*>)?\(/gm,
  )
  const found = new Map<string, string>()
  for (const [, doc = '', name] of members) if (!found.has(name!)) found.set(name!, doc)
  return [...found]
    .map(([name, doc]) => ({ name: `${className}.${name}`, doc }))
    .filter(({ doc, name }) => !doc.includes('@internal') && !name.endsWith('.constructor'))
}

/** What a class says about itself. */
export function classDocOf(file: string, name: string): { name: string; doc: string } {
  const before = readFileSync(file, 'utf8').split(`export class ${name}`)[0]!
  return { name, doc: /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*$/.exec(before)![1]! }
}

/** Exported functions of a file, with what they say about themselves. */
export function functionDocsOf(file: string): { name: string; doc: string }[] {
  const functions = readFileSync(file, 'utf8').matchAll(
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*export (?:async )?function (\w+)/g,
  )
  return [...functions].map(([, doc, name]) => ({ name: name!, doc: doc! }))
}

export function examplesOf({ name, doc }: { name: string; doc: string }): Example[] {
  const lines = doc.split('\n').map((line) => line.replace(/^\s*\* ?/, ''))
  const examples: Example[] = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() !== '@example') continue
    const rest = lines.slice(index + 1)
    const end = rest.findIndex((each) => each.startsWith('@'))
    examples.push({
      name,
      code: rest
        .slice(0, end < 0 ? undefined : end)
        .join('\n')
        .trim(),
    })
  }
  return examples
}

/** `expression // expected` at the end becomes a pair to compare; what stands before runs as it is. */
export function moduleOf(examples: readonly Example[], publicNames: readonly string[]): string {
  const functions = examples.map(({ name, code }) => {
    const lines = code.split('\n')
    const last = /^;?(.*\S)\s+\/\/ (.*)$/.exec(lines.pop()!)
    if (!last) throw new Error(`the example of ${name} must end in \`expression // expected\``)
    return `  ${JSON.stringify(name)}: async (context, folder) => {\n${lines.join('\n')}\nreturn [${last[1]}, ${last[2]}]\n},`
  })
  return `import { Context, ${publicNames.join(', ')} } from '@gridify/core'
void [${publicNames.join(', ')}]
export const examples: Record<string, (context: Context, folder: string) => Promise<unknown[]>> = {
${functions.join('\n')}
}
`
}
