// The planner's tests are worth what they catch: each of these breaks, made in a copy of the tree, has to fail one of them.

import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { breaks, type Break } from './support/breaks.js'
import { tell } from './support/results.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
/** What the planner's tests read. */
const folders = ['src', 'test', 'docs', 'schema', 'templates']

let tree: string
beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'sbx-breaks-'))
  for (const name of [...folders, 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    await cp(join(root, name), join(tree, name), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'))
})
afterAll(async () => {
  await rm(tree, { recursive: true, force: true })
})

test('the tests pass in the copy as it is', async () => {
  expect(await firstFailure()).toBeNull()
})

test.each(breaks)('$what', async (broken) => {
  const path = join(tree, 'src/plan', broken.file)
  const whole = await readFile(path, 'utf8')
  await writeFile(path, brokenText(broken, whole))
  try {
    const caught = await firstFailure()
    tell('breaks', broken.what, { file: `src/plan/${broken.file}`, caught })
    expect(caught).not.toBeNull()
  } finally {
    await writeFile(path, whole)
  }
})

function brokenText({ from, to, file }: Break, text: string): string {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times ${from}`)
  return parts.join(to)
}

type Report = {
  readonly testResults: readonly {
    readonly name: string
    readonly message?: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** Properties are for what no example catches: they take long, and what they find first is another each time. */
async function firstFailure(): Promise<string | null> {
  return (await firstOf('--exclude', '**/properties.test.ts')) ?? (await firstOf('--bail', '1', 'properties.test.ts'))
}

/** The name of a test of test/plan that fails, in the order of their files and names; null where none does. */
async function firstOf(...args: readonly string[]): Promise<string | null> {
  const report = join(tree, 'report.json')
  const { SBX_FAULTS: _, ...env } = process.env
  const asked = ['run', '--project', 'unit', '--reporter', 'json', '--outputFile', report, ...args, 'test/plan']
  await run(join(root, 'node_modules/.bin/vitest'), asked, { cwd: tree, env }).catch((error: unknown) => {
    // Its exit code says that tests failed; which ones is in the report.
    if (!(error instanceof Error && 'code' in error && error.code === 1)) throw error
  })
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as Report
  await rm(report)
  const failed = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.flatMap(({ status, fullName }) =>
      status === 'failed' ? [`${name.slice(tree.length + 1)}: ${fullName}`] : [],
    ),
  )
  return failed.sort()[0] ?? null
}
