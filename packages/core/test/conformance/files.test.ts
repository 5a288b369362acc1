/** Sources and sinks in folders: what is written is read again, cut anywhere, and what is no row is told. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'
import { failingAtThree } from './failing-at-three.ts'

let folder: string
let made = 0
const fresh = () => join(folder, `f${++made}`)
const written = (name: string, text: string | Buffer) => {
  const inside = fresh()
  mkdirSync(inside)
  writeFileSync(join(inside, name), text)
  return join(inside, name)
}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gridify-files-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const linesAndTexts = {
  lines: [
    '[object Object]',
    1,
    -0,
    2n ** 70n,
    true,
    null,
    undefined,
    [1, [null, 'a']],
    [],
    Uint8Array.of(1, 2),
    /x/g,
    new Error('e'),
    ['[object Map]'],
    new Date(0),
  ],
  texts: [
    '[object Object]',
    '1',
    '0',
    '1180591620717411303424',
    'true',
    'null',
    'undefined',
    '1,,a',
    '',
    '1,2',
    '/x/g',
    'Error: e',
    '[object Map]',
    String(new Date(0)),
  ],
}

onEveryCluster((context) => {
  test('a dataset of no rows comes back as one, in every format', async () => {
    const none = context().range(0, 0, { partitions: 2 })
    const inside = fresh()
    mkdirSync(inside)
    const at = (name: string) => join(inside, name)
    await none.map(String).saveAsTextFile(at('text'))
    await none.saveAsJsonLines(at('json'))
    await none.map((n) => ({ n })).saveAsCsv(at('csv'))
    await none.map((n) => ({ n })).saveAsParquet(at('parquet'))
    await none.saveAsObjectFile(at('objects'))
    expect(await context().textFile(at('text')).collect()).toEqual([])
    expect(await context().jsonLines(at('json')).collect()).toEqual([])
    expect(await context().csv(at('csv')).collect()).toEqual([])
    expect(await context().parquet(at('parquet')).collect()).toEqual([])
    expect(await context().objectFile(at('objects')).collect()).toEqual([])
  })

  test('lines survive any cut, a byte order mark, carriage returns, file URLs and compression', async () => {
    const path = written('a.txt', '\uFEFFzwölf\r\nboxkämpfer\n\njagen 🥊 viktor')
    const lines = ['zwölf', 'boxkämpfer', '', 'jagen 🥊 viktor']
    for (const partitions of [1, 2, 5, 40])
      expect(await context().textFile(path, { partitions }).collect()).toEqual(lines)
    expect(await context().textFile(pathToFileURL(path).href).collect()).toEqual(lines)
    expect(await context().textFile(written('mark.txt', '\uFEFF')).collect()).toEqual([])
    const target = fresh()
    await context().parallelize(lines, 2).saveAsTextFile(target, { compression: 'gzip' })
    expect(readdirSync(target).sort()).toEqual(['_SUCCESS', 'part-00000.gz', 'part-00001.gz'])
    expect(zlib.gunzipSync(readFileSync(join(target, 'part-00000.gz'))).toString()).toBe('zwölf\nboxkämpfer\n')
    expect(await context().textFile(target).collect()).toEqual(lines)
    const broken = written('b.gz', readFileSync(join(target, 'part-00000.gz')).subarray(0, 20))
    await expect(context().textFile(broken).count()).rejects.toThrow(/b\.gz is no whole gzip file/)
  })
  test('zstd is written and read where Node has it, and refused with the version where it has not', async () => {
    const target = fresh()
    const save = context().range(0, 3).saveAsTextFile(target, { compression: 'zstd' })
    if ('zstdCompressSync' in zlib) {
      await save
      expect(await context().textFile(target).collect()).toEqual(['0', '1', '2'])
    } else {
      await expect(save).rejects.toThrow('zstd needs Node 22.15 or newer')
      await expect(context().textFile(written('a.zst', 'x')).count()).rejects.toThrow('zstd needs Node 22.15 or newer')
    }
    expect(existsSync(target)).toBe('zstdCompressSync' in zlib)
  })
  test('JSON lines come back whatever the cut, and a bad line is an error, skipped or collected', async () => {
    const rows = Array.from({ length: 50 }, (_, n) => ({ n, text: 'ü'.repeat(n), list: [n, null, { deep: '\n"' }] }))
    const target = fresh()
    await context().parallelize(rows, 3).saveAsJsonLines(target)
    const all = await context().jsonLines<(typeof rows)[number]>(target, { partitions: 20 }).collect()
    expect(all).toEqual(rows)

    const path = written('bad.jsonl', '{"n":1}\n{"n":\n\n[2]\nnope\n"end"')
    await expect(context().jsonLines(path, { partitions: 1 }).collect()).rejects.toThrow(
      /bad\.jsonl, line 2: no JSON .*: \{"n":; \{ onM/,
    )
    const skipped = context().jsonLines(path, { onMalformed: 'skip', partitions: 4 })
    expect([await skipped.collect(), skipped.malformed.count, skipped.malformed.rows]).toEqual([
      [{ n: 1 }, [2], 'end'],
      2,
      [],
    ])
    await skipped.count()
    expect(skipped.malformed.count).toBe(2)
    for (const from of ['executors', 'driver'] as const) {
      const collected = context().jsonLines(path, { onMalformed: 'collect', partitions: 4, from })
      expect(await collected.map(() => 1).sum()).toBe(3)
      expect(await collected.count()).toBe(3)
      expect(collected.malformed.rows.map(({ path, line, text }) => ({ path, line, text }))).toEqual([
        { path, line: 2, text: '{"n":' },
        { path, line: 5, text: 'nope' },
      ])
    }
    await expect(context().jsonLines(path, { from: 'driver' }).count()).rejects.toThrow(/bad\.jsonl, line 2/)
    await expect(
      context()
        .range(0, 1)
        .map((n) => BigInt(n))
        .saveAsJsonLines(fresh()),
    ).rejects.toThrow('saveAsJsonLines(): a row cannot be written as JSON')
  })
  test('CSV values may hold newlines, quotes and delimiters; one file is then one partition', async () => {
    const path = written('a.csv', '\uFEFFid,name\r\n007,"Bond, ""James""\r\nesquire"\r\n\r\n8,\r\n')
    const rows = context().csv(path, { header: true, partitions: 4 })
    expect(await rows.collect()).toEqual([
      { id: '007', name: 'Bond, "James"\r\nesquire' },
      { id: '8', name: '' },
    ])
    expect(await rows.partitionCount()).toBe(1)
    expect(
      await context()
        .csv(path, { header: true, columns: ['name'] })
        .map(({ name }) => name.length)
        .collect(),
    ).toEqual([22, 0])
    await expect(
      context()
        .csv(path, { header: true, columns: ['age'] })
        .count(),
    ).rejects.toThrow(/csv\(\) at .*a\.csv has no column "age"; its header names "id", "name"/)
    expect(await context().csv(written('a.tsv', 'a\tb,c\n')).collect()).toEqual([['a', 'b,c']])
    expect(
      await context()
        .csv(written('a.csv', "# none\n'a;b';c\n"), { delimiter: ';', quote: "'", comment: '#', columns: ['x', 'y'] })
        .collect(),
    ).toEqual([{ x: 'a;b', y: 'c' }])
  })
  test('without multiline values a CSV file is cut, with its header known to each part', async () => {
    const lines = Array.from({ length: 40 }, (_, n) => `${n},"x, ${n}"`)
    const path = written('a.csv', ['id,text', ...lines].join('\n'))
    const rows = context().csv(path, { header: true, multiline: false, partitions: 7 })
    expect(await rows.partitionCount()).toBe(7)
    expect(await rows.collect()).toEqual(lines.map((_, n) => ({ id: String(n), text: `x, ${n}` })))
  })
  test('a bad record names its line, and spoils no other', async () => {
    const text = 'a,b\n1,2\n3\n4,"5\n6,7\n8,"9"x\n10,11\n'
    const path = written('bad.csv', text)
    for (const from of ['executors', 'driver'] as const) {
      const lines = context().csv(path, { header: true, multiline: false, partitions: 3, onMalformed: 'collect', from })
      expect(await lines.collect()).toEqual([
        { a: '1', b: '2' },
        { a: '6', b: '7' },
        { a: '10', b: '11' },
      ])
      expect(lines.malformed.rows.map(({ line, text }) => [line, text])).toEqual([
        [3, '3'],
        [4, '4,"5'],
        [6, '8,"9"x'],
      ])
    }
    const long = context().csv(written('bad.csv', 'a,b\n1,2\n3\n10,11\n12,"x'), {
      header: true,
      onMalformed: 'collect',
    })
    expect(await long.map(({ b }) => b!).collect()).toEqual(['2', '11'])
    expect(long.malformed.rows.map(({ line }) => line)).toEqual([3, 5])
    await expect(context().csv(path, { header: true }).count()).rejects.toThrow(
      /bad\.csv, line 3: 1 values for 2 columns: 3/,
    )
  })
  test.each(['\n', '\r\n'])(
    'a bad record is named by the line where it begins, with lines that end in %j',
    async (end) => {
      const lines = ['# first', 'a,b', '"one', 'value",1', '', '# a note', '"of', 'three', '""lines""",2,too many']
      const more = ['', '5,6', '"x"y",8', '9,10', '#"', '"an', 'end",1', '12', '"never', '# closed', '']
      const path = written('long.csv', [...lines, ...more].join(end))
      const rows = context().csv(path, { header: true, comment: '#', onMalformed: 'collect' })
      expect(await rows.collect()).toEqual([
        { a: `one${end}value`, b: '1' },
        { a: '5', b: '6' },
        { a: '9', b: '10' },
        { a: `an${end}end`, b: '1' },
      ])
      expect(
        rows.malformed.rows.map(({ line, text, reason }) => [line, text.slice(0, 3), reason.split(':')[0]]),
      ).toEqual([
        [7, 'of' + end.slice(0, 1), '3 values for 2 columns'],
        [12, '"x"', 'Invalid Closing Quote'],
        [17, '12', '1 values for 2 columns'],
        [18, '"ne', 'Quote Not Closed'],
      ])
      await expect(
        context()
          .csv(written('open.csv', ['a,b', '1,2', '"3', '4', '5'].join(end)))
          .count(),
      ).rejects.toThrow(/open\.csv, line 3: Quote Not Closed: the parsing is finished with an opening quote: "3/)
    },
  )
  test('options that are none are refused before any work', () => {
    expect(() => context().csv('x', { delimeter: ';' } as {})).toThrow(
      'csv() has no option `delimeter`; did you mean `delimiter`?',
    )
    expect(() => context().csv('x', { delimiter: ';;' })).toThrow('delimiter must be one character')
    expect(() => context().jsonLines('x', { onMalformed: 'drop' as 'skip' })).toThrow(
      "must be one of 'error', 'skip', 'collect'",
    )
    expect(() => context().textFile('x', { from: 'moon' as 'driver' })).toThrow("must be one of 'executors', 'driver'")
  })
  test.each([
    'http://host/a.csv',
    'https://host/*.gz',
    'hdfs://name/a',
    'gs://bucket/a',
    'ftp://host/a',
    's3a://bucket/a',
  ])('no operation takes %s for a path', async (address) => {
    const refusal = `${address} begins with ${address.split('/')[0]}//, which is not supported: a place of files is a local path, a file:// address or an s3:// address`
    for (const read of [
      'textFile',
      'jsonLines',
      'csv',
      'parquet',
      'wholeTextFiles',
      'binaryFiles',
      'objectFile',
    ] as const)
      expect(() => Reflect.apply(context()[read], context(), [address])).toThrow(refusal)
    const rows = context().parallelize(['row'], 1)
    for (const save of ['saveAsTextFile', 'saveAsJsonLines', 'saveAsCsv', 'saveAsParquet', 'saveAsObjectFile'] as const)
      await expect(rows[save](address)).rejects.toThrow(`${save}(): ${refusal}`)
  })
  test('an address is refused with its cure, and a drive letter begins a path', async () => {
    expect(() => context().textFile('s3a://bucket/a')).toThrow(/textFile\(\) at .*; write s3:\/\/$/)
    expect(() => context().textFile('S3://bucket/a')).toThrow(/; write s3:\/\/$/)
    expect(() => context().textFile('https://host/a')).toThrow(
      'copy the files to a folder that driver and executors share',
    )
    expect(() => context().textFile('file://host/a')).toThrow('file://host/a names no file of this machine')
    await expect(context().textFile('C:\\data\\a.txt').count()).rejects.toThrow('there is no file or folder')
  })
  test('a file URL takes patterns, and names with marks of its own', async () => {
    const path = written('a?b#c.txt', 'here')
    expect(await context().textFile(pathToFileURL(path).href).collect()).toEqual(['here'])
    expect(
      await context()
        .textFile(`${pathToFileURL(join(path, '..')).href}/a??#c.*`)
        .collect(),
    ).toEqual(['here'])
  })
  test('a line is the text of its row, whatever has one', async () => {
    const { lines, texts } = linesAndTexts
    const target = fresh()
    await context().parallelize(lines, 1).saveAsTextFile(target)
    expect(await context().textFile(target).collect()).toEqual(texts)
    expect(await context().parallelize(lines, 1).pipe(['cat']).collect()).toEqual(texts)
    const groups = context()
      .parallelize(
        [
          ['a', 1],
          ['a', 2],
        ] as [string, number][],
        1,
      )
      .groupByKey()
    expect(await groups.pipe(['cat']).collect()).toEqual(['a,1,2'])
  })
  test.each([
    [{ id: 1 }, '{ id: 1 }'],
    [['a', [{ n: 1 }]], "[ 'a', [ { n: 1 } ] ]"],
    [new Map([[1, 2]]), 'Map(1) { 1 => 2 }'],
    [Object.assign(Object.create(null) as object, { bare: true }), '[Object: null prototype] { bare: true }'],
  ])('a row without a text of its own is refused, not written as [object Object]: %o', async (row, shown) => {
    const target = fresh()
    const rows = context().parallelize<string | object>(['fine', row], 1)
    await expect(rows.saveAsTextFile(target)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(
        /^saveAsTextFile\(\) at \S+files\.test\.ts:\d+:\d+: the row .* or use saveAsJsonLines\(\)$/,
      ),
    })
    expect(existsSync(target)).toBe(false)
    const piped = rows.pipe(['cat']).collect()
    await expect(piped).rejects.toThrow(/^pipe\(\) at \S+files\.test\.ts:\d+:\d+: /)
    await expect(piped).rejects.toThrow(
      `the row ${shown} has no text of its own for what is in it; make a text of it first, such as with map((row) => JSON.stringify(row))`,
    )
  })
  test('a save that fails leaves nothing, and two saves never share a folder', async () => {
    const target = fresh()
    const failing = failingAtThree(context())
    await expect(failing.saveAsJsonLines(target)).rejects.toThrow('three')
    expect(existsSync(target)).toBe(false)
    const both = await Promise.allSettled([1, 2].map((n) => context().parallelize([n], 1).saveAsTextFile(target)))
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(readdirSync(target).sort()).toEqual(['_SUCCESS', 'part-00000'])
  })
  test('rows of text survive CSV, whatever they hold', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('', '"', '\n', '\r\n', '\r', ',', '\uFEFF', '#', ' '),
    )
    const tables = fc
      .integer({ min: 1, max: 3 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 20 }))
    await fc.assert(
      fc.asyncProperty(tables, async (rows) => {
        const target = fresh()
        await context().parallelize(rows, 2).saveAsCsv(target)
        expect(await context().csv(target).collect()).toEqual(rows)
      }),
      { numRuns: 25 },
    )
  })
  test('whole files and bytes come with their paths, small ones together', async () => {
    const inside = fresh()
    mkdirSync(inside)
    for (const n of [1, 2, 3, 4]) writeFileSync(join(inside, `${n}.txt`), `\uFEFFfile ${n}\n`)
    writeFileSync(join(inside, '5.gz'), zlib.gzipSync('five'))
    const texts = context().wholeTextFiles(inside, { partitions: 2 })
    expect(await texts.partitionCount()).toBe(2)
    expect(await texts.collect()).toEqual([
      ...[1, 2, 3, 4].map((n) => [join(inside, `${n}.txt`), `file ${n}\n`]),
      [join(inside, '5.gz'), 'five'],
    ])
    const bytes = await context()
      .binaryFiles(join(inside, '*.txt'))
      .mapValues((file) => [...file.subarray(3, 9)])
      .collect()
    expect(bytes).toEqual([1, 2, 3, 4].map((n) => [join(inside, `${n}.txt`), [...Buffer.from(`file ${n}`)]]))
  })
  test('object files give back whatever a dataset holds, and refuse what is none', async () => {
    const rows = [
      1,
      -0,
      'x',
      null,
      undefined,
      2n ** 70n,
      new Date(5),
      new Map([[[1], new Set(['a'])]]),
      { a: undefined },
    ]
    const [target, many] = [fresh(), fresh()]
    await context().parallelize(rows, 3).saveAsObjectFile(target, { compression: 'gzip' })
    expect(await context().objectFile(target).collect()).toEqual(rows)
    await context()
      .range(0, 400_000, { partitions: 2 })
      .map((n) => [n, `row ${n}`])
      .saveAsObjectFile(many)
    const saved = context().objectFile<[number, string]>(many)
    expect(await saved.filter(([n, text]) => text === `row ${n}`).count()).toBe(400_000)
    const bytes = readFileSync(join(many, 'part-00000.objects'))
    bytes[500]! ^= 1
    await expect(context().objectFile(written('a.objects', bytes)).count()).rejects.toThrow(
      'has a block that was changed',
    )
    await expect(
      context()
        .objectFile(written('b.objects', bytes.subarray(0, 400)))
        .count(),
    ).rejects.toThrow('ends in the middle')
    await expect(context().objectFile(written('c.objects', 'text')).count()).rejects.toThrow('is no object file')
  })
  test('Parquet keeps types and columns, one partition for each row group', async () => {
    const rows = Array.from({ length: 5 }, (_, n) => ({
      id: BigInt(n),
      score: n / 3,
      name: n === 2 ? null : `n${n}`,
      ok: n % 2 === 0,
      at: new Date(n * 1000),
      raw: Uint8Array.of(n),
      tags: [n, { n }],
    }))
    for (const compression of [undefined, 'gzip'] as const) {
      const target = fresh()
      await context()
        .parallelize(rows, 2)
        .saveAsParquet(target, compression ? { compression } : {})
      expect(readdirSync(target).sort()).toEqual(['_SUCCESS', 'part-00000.parquet', 'part-00001.parquet'])
      expect(await context().parquet(target).collect()).toEqual(rows)
      const some = context().parquet<{ ok: boolean; id: bigint }>(target, { columns: ['ok', 'id'] })
      expect(
        await some
          .filter(({ ok }) => ok)
          .map(({ id }) => id)
          .collect(),
      ).toEqual([0n, 2n, 4n])
      await expect(
        context()
          .parquet(target, { columns: ['age'] })
          .count(),
      ).rejects.toThrow(/has no column "age"; its columns are id, score, name, ok, at, raw, tags/)
    }
    const large = fresh()
    await context()
      .range(0, 70_000, { partitions: 1 })
      .map((n) => ({ n }))
      .saveAsParquet(large, { columns: { n: 'INT32' } })
    const groups = context().parquet<{ n: number }>(large)
    expect(() => groups.explain()).toThrow('await partitionCount()')
    expect([await groups.partitionCount(), await groups.map(({ n }) => n).sum()]).toEqual([2, (70_000 * 69_999) / 2])
    expect(groups.explain()).toContain('parquet()')
  })
  test('Parquet takes rows that fit its columns only, and an empty partition makes no file', async () => {
    const wrong = context().parallelize([{ n: 1 }, { n: 'x' as never }], 1)
    await expect(wrong.saveAsParquet(fresh())).rejects.toThrow('column "n" is DOUBLE, which cannot hold \'x\'')
    await expect(context().range(0, 1).saveAsParquet(fresh())).rejects.toThrow('a row must be an object')
    await expect(
      context()
        .range(0, 1)
        .map((n) => ({ n }))
        .saveAsParquet(fresh(), { columns: { n: 'INT' as 'INT32' } }),
    ).rejects.toThrow('must be one of')
    const target = fresh()
    await context()
      .parallelize([{ n: 1 }], 2)
      .saveAsParquet(target)
    expect(readdirSync(target).sort()).toEqual(['_SUCCESS', 'part-00001.parquet'])
    await expect(
      context()
        .parquet(written('a.parquet', 'x'.repeat(20)))
        .count(),
    ).rejects.toThrow('is no Parquet file')
  })
  test('objects take their columns from their keys or from the option', async () => {
    const rows = context().parallelize(
      [
        { b: 1, a: true, c: null },
        { b: 2.5, a: new Date(0), c: undefined },
      ],
      1,
    )
    const [keys, chosen] = [fresh(), fresh()]
    await rows.saveAsCsv(keys)
    expect(readFileSync(join(keys, 'part-00000.csv'), 'utf8')).toBe('b,a,c\n1,true,\n2.5,1970-01-01T00:00:00.000Z,\n')
    await rows.map(({ a, b }) => ({ a, b })).saveAsCsv(chosen, { columns: ['a', 'b'], header: false, delimiter: '\t' })
    expect(readFileSync(join(chosen, 'part-00000.tsv'), 'utf8')).toBe('true\t1\n1970-01-01T00:00:00.000Z\t2.5\n')
    await expect(rows.saveAsCsv(fresh(), { columns: ['a'] })).rejects.toThrow('a row has a value "b"')
  })
})
