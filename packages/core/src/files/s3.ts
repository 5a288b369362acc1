/** Objects behind `s3://bucket/key` addresses, through the official client, which users install if they need it. */

import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { AsyncBuffer } from 'hyparquet'
import { ClusterError, UsageError } from '../base/errors.ts'
import type { FileSplit } from '../base/file-split.ts'
import { globPart } from './glob.ts'
import { importOptional } from './optional-package.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

export function isS3(path: string): boolean {
  return path.startsWith('s3://')
}

/** @throws UsageError for an address without a bucket. */
export function parseS3(address: string, what: string): { bucket: string; key: string } {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(address) ?? []
  if (bucket === undefined) throw new UsageError(`${what}: an S3 address is s3://bucket/key, got ${address}`)
  return { bucket, key }
}

let connected: Promise<{ sdk: Sdk; client: S3Client }> | undefined

/** Region, credentials and endpoint come from where the client always looks for them: environment, profile, role. */
function connect(): Promise<{ sdk: Sdk; client: S3Client }> {
  connected ??= importOptional<Sdk>('@aws-sdk/client-s3', 's3://').then((sdk) => {
    const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env
    // Other servers than Amazon's seldom have a host name for each bucket, and may not know its newer checksums.
    const elsewhere = { forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' } as const
    return { sdk, client: new sdk.S3Client((AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL) ? elsewhere : {}) }
  })
  connected.catch(() => (connected = undefined))
  return connected
}

/** What the service refuses is said with the address; only what it may do better next time is tried again. */
async function asking<T>(address: string, what: string, ask: (sdk: Sdk, client: S3Client) => Promise<T>): Promise<T> {
  const { sdk, client } = await connect()
  try {
    return await ask(sdk, client)
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
    const status = $metadata?.httpStatusCode
    const text = `${what}: ${address}: ${name}${message && message !== name ? `: ${message}` : ''}`
    if (
      (status !== undefined && status >= 400 && status < 500 && status !== 429) ||
      name === 'CredentialsProviderError'
    )
      throw new UsageError(text, { cause: error })
    throw new ClusterError(text, { cause: error })
  }
}

export interface ListedObject {
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
  readonly version: string
}

async function listPrefix(bucket: string, prefix: string, what: string): Promise<(ListedObject & { key: string })[]> {
  return asking(`s3://${bucket}/${prefix}`, what, async ({ paginateListObjectsV2 }, client) => {
    const found: (ListedObject & { key: string })[] = []
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }))
      for (const { Key: key = '', Size: size = 0, LastModified, ETag: version = '' } of Contents)
        found.push({ key, path: `s3://${bucket}/${key}`, size, modifiedMs: LastModified?.getTime() ?? 0, version })
    return found
  })
}

/** An object, those directly below a folder, or those that a pattern names; by name. */
export async function listObjects(pattern: string, operation: string): Promise<ListedObject[]> {
  const { bucket, key } = parseS3(pattern, `${operation}()`)
  const wild = key.search(/[*?]/)
  const prefix = wild < 0 ? key : key.slice(0, wild)
  const all = await listPrefix(bucket, prefix, `${operation}()`)
  const parts = key.split('/').map(globPart)
  const folder = key === '' || key.endsWith('/') ? key : `${key}/`
  const wanted = (found: string) => {
    if (found.endsWith('/')) return false
    if (wild >= 0) {
      const names = found.split('/')
      return names.length === parts.length && names.every((name, i) => parts[i]!.test(name))
    }
    return found === key || (found.startsWith(folder) && /^[^_./][^/]*$/.test(found.slice(folder.length)))
  }
  const objects = all.filter(({ key }) => wanted(key))
  if (objects.length === 0) throw new UsageError(`${operation}(): no object matches ${pattern}`)
  return objects.map(({ path, size, modifiedMs, version }) => ({ path, size, modifiedMs, version }))
}

async function get(split: FileSplit, site: string, range?: string): Promise<GetObjectCommandOutput> {
  const { bucket, key } = parseS3(split.path, site)
  const answer = await asking(split.path, site, ({ GetObjectCommand }, client) =>
    client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...(range ? { Range: range } : {}) })),
  )
  if (answer.ETag !== split.version)
    throw new UsageError(`${site}: ${split.path} is not the object that the driver listed; it was changed meanwhile`)
  return answer
}

/** All bytes of the listed object into a file. */
export async function download(split: FileSplit, target: string, site: string): Promise<void> {
  const { Body } = await get(split, site)
  await asking(split.path, site, () => pipeline(Body as Readable, createWriteStream(target)))
}

/** Reads byte ranges of the listed object as they are asked for. */
export function objectBytes(split: FileSplit, site: string): AsyncBuffer {
  return {
    byteLength: split.size,
    async slice(start, end = split.size) {
      const { Body } = await get(split, site, `bytes=${start}-${end - 1}`)
      const bytes = await asking(split.path, site, () => Body!.transformToByteArray())
      return bytes.slice().buffer
    },
  }
}

export async function upload(file: string, address: string, what: string): Promise<void> {
  const { bucket, key } = parseS3(address, what)
  await asking(address, what, ({ PutObjectCommand }, client) =>
    client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: createReadStream(file),
        ContentLength: statSync(file).size,
      }),
    ),
  )
}

export async function putText(address: string, text: string, what: string): Promise<void> {
  const { bucket, key } = parseS3(address, what)
  await asking(address, what, ({ PutObjectCommand }, client) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentLength: Buffer.byteLength(text) })),
  )
}

/** @returns undefined where there is no such object. */
export async function getText(address: string, what: string): Promise<string | undefined> {
  const { bucket, key } = parseS3(address, what)
  return asking(address, what, async ({ GetObjectCommand, NoSuchKey }, client) => {
    try {
      return await (await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))).Body!.transformToString()
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined
      throw error
    }
  })
}

/** Copies inside of the service, then deletes the first: the target appears whole. */
export async function moveObject(from: string, to: string, what: string): Promise<void> {
  const source = parseS3(from, what)
  const target = parseS3(to, what)
  const path = `${source.bucket}/${source.key}`.split('/').map(encodeURIComponent).join('/')
  await asking(from, what, async ({ CopyObjectCommand, DeleteObjectCommand }, client) => {
    await client.send(new CopyObjectCommand({ Bucket: target.bucket, Key: target.key, CopySource: path }))
    await client.send(new DeleteObjectCommand({ Bucket: source.bucket, Key: source.key }))
  })
}

/** The addresses of all objects whose keys begin so. */
export async function objectsBelow(address: string, what: string): Promise<string[]> {
  const { bucket, key } = parseS3(address, what)
  return (await listPrefix(bucket, key, what)).map(({ path }) => path)
}

export async function deleteBelow(address: string, what: string): Promise<void> {
  for (const path of await objectsBelow(address, what)) {
    const { bucket, key } = parseS3(path, what)
    await asking(path, what, ({ DeleteObjectCommand }, client) =>
      client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })),
    )
  }
}
