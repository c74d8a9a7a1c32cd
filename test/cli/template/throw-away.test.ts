// A folder for the time of a call, and what says that the call was killed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { abandonedThrowAways, inThrowAwayFolder } from '../../../src/cli/template/throw-away-folder.js'
import { holderOf } from '../../../src/engine/container/holder.js'
import type { SandboxLabels } from '../../../src/model/desired.js'

function sandboxIn(workspace: string, id = 'template-check-000000'): SandboxLabels {
  return { id, displayName: 'template-check', workspace, inode: '', agent: 'shell', profile: null }
}

test('a call that is at work has its folder for itself; one that was killed has none', async () => {
  const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() }
  const signal = new AbortController().signal
  const call = { env: {}, workingFolder: '/', ...streams, options: { color: false }, signal }
  await inThrowAwayFolder(call, 'template', async (workspace) => {
    expect(await abandonedThrowAways([sandboxIn(workspace)])).toEqual(new Set())
    const child = spawn('sleep', ['60'])
    await once(child, 'spawn')
    await writeFile(join(dirname(workspace), 'holder'), await holderOf('', child.pid))
    expect(await abandonedThrowAways([sandboxIn(workspace)])).toEqual(new Set())
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await abandonedThrowAways([sandboxIn(workspace), sandboxIn('/src/web', 'web-3f2a1c')])).toEqual(
      new Set(['template-check-000000']),
    )
    // Without a word on whose it is, it stays.
    await rm(join(dirname(workspace), 'holder'))
    expect(await abandonedThrowAways([sandboxIn(workspace)])).toEqual(new Set())
  })
})

test('a folder of the user is none, whatever is beside it', async () => {
  const outer = await mkdtemp(join(tmpdir(), 'sbx-project-'))
  try {
    await mkdir(join(outer, 'workspace'))
    await writeFile(join(outer, 'holder'), (await holderOf('')).replace(/,\d+,/, ',1073741824,'))
    expect(await readFile(join(outer, 'holder'), 'utf8')).toContain('1073741824')
    expect(await abandonedThrowAways([sandboxIn(join(outer, 'workspace'))])).toEqual(new Set())
  } finally {
    await rm(outer, { recursive: true })
  }
})
