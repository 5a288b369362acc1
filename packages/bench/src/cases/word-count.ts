/** (a) Word count over 200 MB of text in 8 files: 45M words, 50,000 of them distinct, Zipf. */

import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { partitionsAt, type BenchCase } from '../bench-case.ts'
import { wordsFolder } from '../text-files.ts'

interface Totals {
  readonly [name: string]: number
  words: number
  total: number
  most: number
  letters: number
}

const none = (): Totals => ({ words: 0, total: 0, most: 0, letters: 0 })

function add(totals: Totals, [word, count]: readonly [string, number]): Totals {
  totals.words++
  totals.total += count
  totals.most = Math.max(totals.most, count)
  totals.letters += count * word.length
  return totals
}

function merge(left: Totals, right: Totals): Totals {
  return {
    words: left.words + right.words,
    total: left.total + right.total,
    most: Math.max(left.most, right.most),
    letters: left.letters + right.letters,
  }
}

export const wordCount: BenchCase = {
  id: 'a',
  title: 'word count, 200 MB of text',
  expected: {
    1: { words: 50_000, total: 45_196_530, most: 3_967_222, letters: 154_803_624 },
    0.001: { words: 12_056, total: 45_090, most: 3697, letters: 155_130 },
  },
  at(scale) {
    const partitions = partitionsAt(scale)
    const folder = () => wordsFolder(scale)
    return {
      prepare: folder,
      gridify: (context) =>
        context
          .textFile(folder())
          .flatMap((line) => line.split(' '))
          .map((word) => [word, 1])
          .reduceByKey((left, right) => left + right, partitions)
          .aggregate(none(), add, merge),
      async plain() {
        const counts = new Map<string, number>()
        for (const file of readdirSync(folder())) {
          const input = createReadStream(join(folder(), file))
          for await (const line of createInterface({ input, crlfDelay: Infinity }))
            for (const word of line.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1)
        }
        const totals = none()
        for (const entry of counts) add(totals, entry)
        return totals
      },
      get duckdb() {
        return [
          `select count(*)::DOUBLE words, sum(n)::DOUBLE total, max(n)::DOUBLE most, sum(n * len(word))::DOUBLE letters
           from (
             select word, count(*) n from (
               select unnest(string_split(line, ' ')) word from read_csv('${folder()}/*.txt',
                 header = false, delim = '\\x01', quote = '', escape = '', columns = {'line': 'VARCHAR'})
             ) group by word
           )`,
        ]
      },
      get scala() {
        return `
          val (words, total, most, letters) = sc.textFile("${folder()}/*.txt", ${partitions})
            .flatMap(_.split(" ")).map((_, 1)).reduceByKey(_ + _, ${partitions})
            .aggregate((0L, 0L, 0L, 0L))(
              (t, p) => (t._1 + 1, t._2 + p._2, math.max(t._3, p._2), t._4 + p._2.toLong * p._1.length),
              (a, b) => (a._1 + b._1, a._2 + b._2, math.max(a._3, b._3), a._4 + b._4))
          Seq("words" -> words.toDouble, "total" -> total.toDouble, "most" -> most.toDouble, "letters" -> letters.toDouble)`
      },
      get python() {
        return `
    words, total, most, letters = (sc.textFile("${folder()}/*.txt", ${partitions})
        .flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b, ${partitions})
        .aggregate((0, 0, 0, 0),
            lambda t, p: (t[0] + 1, t[1] + p[1], max(t[2], p[1]), t[3] + p[1] * len(p[0])),
            lambda a, b: (a[0] + b[0], a[1] + b[1], max(a[2], b[2]), a[3] + b[3])))
    return {"words": words, "total": total, "most": most, "letters": letters}`
      },
      skale: async (context) => {
        const [words, total, most, letters] = await context
          .textFile(`${folder()}/`)
          .flatMap((line) => line.split(' '))
          .map((word) => [word, 1])
          .reduceByKey((a, b) => a + b, 0)
          .aggregate(
            (t, [w, c]) => [t[0] + 1, t[1] + c, Math.max(t[2], c), t[3] + c * w.length],
            (a, b) => [a[0] + b[0], a[1] + b[1], Math.max(a[2], b[2]), a[3] + b[3]],
            [0, 0, 0, 0],
          )
        return { words, total, most, letters }
      },
    }
  },
}
