/** Sources and sinks in S3, against a server of that protocol on loopback. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createContext } from '@gridify/core'
import S3rver from 's3rver'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'
import { failingAtThree } from './failing-at-three.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridify-s3-'))
const server = new S3rver({
  port: 0,
  address: '127.0.0.1',
  silent: true,
  directory: folder,
  configureBuckets: [{ name: 'data', configs: [] }],
})
let client: S3Client
let made = 0
const fresh = () => `s3://data/f${++made}`
const keyOf = (address: string) => address.slice('s3://data/'.length)
const put = (address: string, body: string | Uint8Array) =>
  client.send(new PutObjectCommand({ Bucket: 'data', Key: keyOf(address), Body: body }))
const keysBelow = async (address: string) => {
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: 'data', Prefix: `${keyOf(address)}/` }),
  )
  return Contents.map(({ Key }) => Key!.slice(keyOf(address).length + 1))
}

beforeAll(async () => {
  const { port } = await server.run()
  // Executors inherit it: threads and processes are started after this.
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'S3RVER',
    AWS_SECRET_ACCESS_KEY: 'S3RVER',
  })
  client = new S3Client({ forcePathStyle: true })
})
afterAll(async () => {
  client.destroy()
  await server.close()
  rmSync(folder, { recursive: true })
})

onEveryCluster((context) => {
  test('objects, folders and patterns are read, an object a partition', async () => {
    const base = fresh()
    await put(`${base}/a ü.txt`, '\uFEFFone\r\ntwo')
    await put(`${base}/b.txt.gz`, gzipSync('three\n'))
    await put(`${base}/deep/c.txt`, 'four\n')
    await put(`${base}/_SUCCESS`, 'hidden')
    const lines = context().textFile(base)
    expect(await lines.collect()).toEqual(['one', 'two', 'three'])
    expect(await lines.partitionCount()).toBe(2)
    expect(await context().textFile(`${base}/a ü.txt`).collect()).toEqual(['one', 'two'])
    expect(await context().textFile(`${base}/*/*.txt`).collect()).toEqual(['four'])
    expect(await context().wholeTextFiles(`${base}/*.gz`).collect()).toEqual([[`${base}/b.txt.gz`, 'three\n']])
    await expect(context().textFile(`${base}/none`).count()).rejects.toThrow('textFile(): no object matches s3://data/')
    await expect(context().textFile('s3://nowhere/x').count()).rejects.toThrow('NoSuchBucket')
    expect(() => context().textFile(base, { from: 'driver' })).toThrow('executors read from S3 themselves')
  })
  test('what is saved is read again, and the bucket holds its files and the marker only', async () => {
    const rows = Array.from({ length: 9 }, (_, n) => ({ id: BigInt(n), text: `row ${n}` }))
    const dataset = context().parallelize(rows, 2)
    const [json, table, objects] = [fresh(), fresh(), fresh()]
    await dataset.map(({ text }) => ({ text })).saveAsJsonLines(json, { compression: 'gzip' })
    expect(await keysBelow(json)).toEqual(['_SUCCESS', 'part-00000.jsonl.gz', 'part-00001.jsonl.gz'])
    expect(await context().jsonLines(json).collect()).toEqual(rows.map(({ text }) => ({ text })))
    await dataset.saveAsParquet(table)
    expect(await context().parquet(table).collect()).toEqual(rows)
    expect(
      await context()
        .parquet(`${table}/part-*`, { columns: ['id'] })
        .count(),
    ).toBe(9)
    await dataset.saveAsObjectFile(objects)
    expect(await context().objectFile(objects).collect()).toEqual(rows)
    await expect(dataset.saveAsObjectFile(objects)).rejects.toThrow('exists and is not empty')
    expect(await keysBelow(objects)).toEqual(['_SUCCESS', 'part-00000.objects', 'part-00001.objects'])
  })
  test('a save that fails leaves nothing, and a changed object is refused', async () => {
    const target = fresh()
    const failing = failingAtThree(context())
    await expect(failing.saveAsTextFile(target)).rejects.toThrow('three')
    expect(await keysBelow(target)).toEqual([])
    const address = `${fresh()}/a.jsonl`
    await put(address, '{"n":1}\n{"n"')
    const rows = context().jsonLines(address, { onMalformed: 'collect' })
    expect(await rows.collect()).toEqual([{ n: 1 }])
    expect(rows.malformed.rows.map(({ path, line }) => [path, line])).toEqual([[address, 2]])
    await put(address, '{"n":2}\n')
    await expect(rows.collect()).rejects.toThrow('is not the object that the driver listed')
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'data', Key: keyOf(address) }))
    expect(await Body!.transformToString()).toBe('{"n":2}\n')
  })
})

test('a checkpoint is written to a bucket, read from there, and removed with its context', async () => {
  const base = fresh()
  const context = await createContext({ master: 'local[2]', checkpointDir: `${base}/` })
  const cut = await context
    .range(0, 6, { partitions: 2 })
    .map((n) => [n % 2, n])
    .partitionBy(2)
    .checkpoint()
  expect(
    await cut
      .reduceByKey((a, b) => a + b)
      .assertNarrow()
      .values()
      .sum(),
  ).toBe(15)
  expect((await keysBelow(base)).map((key) => key.replace(/^gridify-[^/]*/, '')).sort()).toEqual([
    `/dataset-${cut.id}-1/_SUCCESS`,
    `/dataset-${cut.id}-1/part-00000.objects`,
    `/dataset-${cut.id}-1/part-00001.objects`,
  ])
  await context.stop()
  expect(await keysBelow(base)).toEqual([])
})
