import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseExecutorOptions } from '../../src/cli/executor-options.ts'

test('there is a default for everything', () => {
  expect(parseExecutorOptions([], {})).toEqual({
    host: '127.0.0.1',
    port: 7077,
    cores: availableParallelism(),
    memoryBytes: expect.any(Number),
    heapBytes: undefined,
    secretFile: undefined,
    advertise: undefined,
    tlsCert: undefined,
    tlsKey: undefined,
    insecure: false,
    workDir: undefined,
    root: undefined,
    imports: [],
    drainTimeoutMs: 30_000,
  })
})

test('options win over the environment', () => {
  const environment = {
    GRIDIFY_PORT: '1',
    GRIDIFY_CORES: '3',
    GRIDIFY_SECRET_FILE: '/s',
    GRIDIFY_EXECUTORS: 'not ours',
  }
  expect(
    parseExecutorOptions(['--port', '2', '--import', 'a.mjs', '--import=/b.mjs', '--insecure'], environment),
  ).toMatchObject({
    port: 2,
    cores: 3,
    secretFile: resolve('/s'),
    imports: [resolve('a.mjs'), resolve('/b.mjs')],
    insecure: true,
  })
})

test.each([
  [['--prot', '1'], 'there is no option --prot; did you mean --port?'],
  [['--secretFile', 'x'], 'there is no option --secretFile; did you mean --secret-file?'],
  [['7077'], '"7077" is no option: every option starts with --'],
  [['--port'], '--port needs a value'],
  [['--port', '-1'], '--port must be a whole number from 0 to 65535, not "-1"'],
  [['--port', '1', '--port', '2'], '--port is given more than once'],
  [['--cores', '0'], '--cores must be a whole number from 1 to 1024, not "0"'],
  [['--memory', '4x'], '"4x" is no size: write it as 512m or 4g'],
  [['--memory', '1k'], '--memory 1k is too little: give at least 16m'],
  [['--advertise', 'here'], '--advertise must be an address such as ws://10.0.0.5:7077, not "here"'],
  [['--tls-cert', 'x'], '--tls-cert and --tls-key are given together or not at all'],
])('%j is refused', (argv, message) => {
  expect(() => parseExecutorOptions(argv, {})).toThrow(message)
})

test('a bad value from the environment is named as such', () => {
  expect(() => parseExecutorOptions([], { GRIDIFY_PORT: 'x' })).toThrow(
    'GRIDIFY_PORT must be a whole number from 0 to 65535, not "x"',
  )
})
