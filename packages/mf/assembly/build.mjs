/** Compiles the kernels to src/kernels/wasm.ts, base64 in a module, and skips it where no input has changed. */

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const target = join(folder, '../src/kernels/wasm.ts')
const sources = readdirSync(folder).sort()
const hash = createHash('sha256')
for (const name of sources) hash.update(name).update(readFileSync(join(folder, name)))
const mark = `// inputs ${hash.digest('hex')}`

if (!existsSync(target) || !readFileSync(target, 'utf8').includes(mark)) {
  const { default: asc } = await import('assemblyscript/asc')
  const files = new Map()
  const { error, stderr } = await asc.main(
    ['index.ts', '--outFile', 'kernels.wasm', '--runtime', 'stub', '--noAssert', '-O3', '--converge', '--enable', 'threads,simd', '--importMemory',
      '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--noExportMemory'],
    {
      readFile: (name, base) => {
        const path = join(base, name)
        return existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : null
      },
      writeFile: (name, content) => void files.set(name, content),
      listFiles: () => [],
    },
  )
  // oxlint-disable-next-line typescript/no-base-to-string -- the compiler's stream answers with its text
  if (error) throw new Error(`the kernels do not compile:\n${stderr.toString()}`, { cause: error })
  const base64 = Buffer.from(files.get('kernels.wasm')).toString('base64')
  writeFileSync(
    target,
    `/** The kernels of assembly/, compiled by assembly/build.mjs; not to be edited. */\n${mark}\nexport const kernelModule =\n  '${base64}'\n`,
  )
}
