/** Spark local[2] from the pyspark package: in Scala, compiled once per program, and in Python. Both run a case twice and the second, warm run counts. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../cache-folder.ts'
import { mixedKeyPython, mixedKeyScala } from '../mixed-key.ts'
import type { Peer } from './peer.ts'

const driverMemory = '4g'
const quiet = ['spark.ui.enabled=false', 'spark.log.level=ERROR', `spark.driver.memory=${driverMemory}`]

export const spark: Peer = {
  name: 'spark',
  missing,
  has: (sized) => sized.scala !== undefined,
  command: ({ sized }) => {
    const classes = compileScala(scalaProgram(sized.scala!))
    return submit(['--class', 'Main', join(classes, 'case.jar')])
  },
  jobsPerProcess: 2,
}

export const pyspark: Peer = {
  name: 'pyspark',
  missing,
  has: (sized) => sized.python !== undefined,
  command: ({ sized }) => {
    const program = pythonProgram(sized.python!)
    const file = join(cacheFolder('python', hash(program)), 'case.py')
    writeFileSync(file, program)
    return submit([file])
  },
  jobsPerProcess: 2,
}

function submit(program: readonly string[]) {
  const python = join(pythonFolder(), 'bin')
  return {
    file: join(python, 'spark-submit'),
    args: ['--master', 'local[2]', ...quiet.flatMap((setting) => ['--conf', setting]), ...program],
    env: { PYSPARK_PYTHON: join(python, 'python'), SPARK_HOME: sparkHome()!, SPARK_LOCAL_IP: '127.0.0.1' },
  }
}

function missing(): string | undefined {
  if (!sparkHome()) return 'pyspark is not installed; `npm run bench -- install-peers` does it'
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' })
  } catch {
    return 'there is no `java` on the PATH; Spark 4 needs Java 17 or newer'
  }
  return undefined
}

export function pythonFolder(): string {
  return join(cacheFolder('peers'), 'python')
}

function sparkHome(): string | undefined {
  const lib = join(pythonFolder(), 'lib')
  if (!existsSync(lib)) return undefined
  return readdirSync(lib)
    .map((version) => join(lib, version, 'site-packages/pyspark'))
    .find((folder) => existsSync(join(folder, 'jars')))
}

/** The Scala compiler is among Spark's own jars, so nothing else is needed. */
function compileScala(source: string): string {
  const folder = join(cacheFolder('scala'), hash(source))
  if (existsSync(folder)) return folder
  const building = `${folder}.${process.pid}`
  rmSync(building, { recursive: true, force: true })
  const classes = join(building, 'classes')
  mkdirSync(classes, { recursive: true })
  writeFileSync(join(building, 'Main.scala'), source)
  const jars = join(sparkHome()!, 'jars/*')
  const java = (args: readonly string[]) => execFileSync('java', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  java(['-cp', jars, 'scala.tools.nsc.Main', '-usejavacp', '-nowarn', '-d', classes, join(building, 'Main.scala')])
  execFileSync('jar', ['cf', join(building, 'case.jar'), '-C', classes, '.'])
  renameSync(building, folder)
  return folder
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function scalaProgram(body: string): string {
  return `import org.apache.spark.{HashPartitioner, SparkConf, SparkContext}
import org.apache.spark.broadcast.Broadcast
import org.apache.spark.storage.StorageLevel

${mixedKeyScala}
object Main {
  def round6(x: Double): Double = math.round(x * 1e6) / 1e6
  def job(sc: SparkContext): Seq[(String, Double)] = {
    import Mixed.mixedKey
    ${body}
  }
  def main(args: Array[String]): Unit = {
    val sc = new SparkContext(new SparkConf().setAppName("bench"))
    for (_ <- 1 to 2) {
      val started = System.nanoTime
      val checksum = job(sc)
      val seconds = (System.nanoTime - started) / 1e9
      sc.getPersistentRDDs.values.foreach(_.unpersist(true))
      val fields = checksum.map { case (name, value) => s"\\"$name\\":$value" }.mkString(",")
      println(s"RESULT {\\"seconds\\":$seconds,\\"checksum\\":{$fields}}")
    }
    sc.stop()
  }
}
`
}

function pythonProgram(body: string): string {
  return `import json, math, time
from pyspark import SparkConf, SparkContext, StorageLevel

${mixedKeyPython}
def round6(x):
    return math.floor(x * 1e6 + 0.5) / 1e6

def job(sc):
${body.replace(/^\n*(?=\S)/, '    ')}

sc = SparkContext(conf=SparkConf().setAppName("bench"))
for _ in range(2):
    started = time.perf_counter()
    checksum = job(sc)
    seconds = time.perf_counter() - started
    for rdd in sc._jsc.getPersistentRDDs().values():
        rdd.unpersist(True)
    print("RESULT " + json.dumps({"seconds": seconds, "checksum": checksum}), flush=True)
sc.stop()
`
}
