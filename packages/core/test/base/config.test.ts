import { expect, test } from 'vitest'
import { resolveConfig, type ContextOptions } from '../../src/base/config.ts'

test.each([
  [{ mastr: 'local' }, 'createContext() has no option `mastr`; did you mean `master`?'],
  [{ master: 2 }, "createContext(): option `master` must be a string, such as 'local[2]', got 2"],
  [{ executors: [7] }, 'createContext(): option `executors.0` must be an address, such as ws://host:7077, got 7'],
  [
    { memoryBytes: 1024 },
    'createContext(): option `memoryBytes` must be a whole number of at least 16777216, got 1024',
  ],
  [
    { checkpointDir: 'hdfs://name/checkpoints' },
    'createContext(): option `checkpointDir`: hdfs://name/checkpoints begins with hdfs://, which is not supported',
  ],
  [{ workDir: '' }, "createContext(): option `workDir` must be the path of a folder on this machine, got ''"],
  [
    { workDir: 's3://bucket/work' },
    "createContext(): option `workDir` must be the path of a folder on this machine, got 's3://bucket/work'",
  ],
  [{ secretFile: '' }, "createContext(): option `secretFile` must be the path of a file, got ''"],
  [{ tlsCaFile: '' }, "createContext(): option `tlsCaFile` must be the path of a file, got ''"],
  [
    { checkpointDir: '' },
    "createContext(): option `checkpointDir` must be the path or the s3:// address of a folder, got ''",
  ],
  [{ taskMaxFailures: 0 }, 'createContext(): option `taskMaxFailures` must be a whole number of at least 1, got 0'],
  [{ localityWaitMs: Number.NaN }, 'createContext(): option `localityWaitMs` must be a number of at least 0, got NaN'],
  [{ shuffleStorage: 'tape' }, "createContext(): option `shuffleStorage` must be 'memory' or 'disk', got 'tape'"],
  [{ skewSplit: { factor: 0 } }, 'createContext(): option `skewSplit.factor` must be a number of at least 1, got 0'],
  [{ onLog: 'loud' }, "createContext(): option `onLog` must be a function, got 'loud'"],
  [{ onTask: true }, 'createContext(): option `onTask` must be a function, got true'],
])('%j is refused', (options, message) => {
  expect(() => resolveConfig(options as unknown as ContextOptions, {})).toThrow(message)
})

test('options win over the environment, which wins over defaults', () => {
  expect(resolveConfig({ taskMaxLosses: 2 }, { GRIDIFY_MASTER: 'memory[3]', GRIDIFY_SECRET_FILE: '/s' })).toEqual({
    master: 'memory[3]',
    secretFile: '/s',
    shuffleStorage: 'memory',
    networkCompression: 'none',
    skewSplit: { factor: 2, minBytes: 2 ** 20 },
    taskMaxFailures: 4,
    taskMaxLosses: 2,
    localityWaitMs: 500,
  })
})
