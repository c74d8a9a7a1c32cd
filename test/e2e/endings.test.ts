// Ways to end that are nobody's plan: a folder that is gone, output that goes nowhere, a question that is not answered.

import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandLine, Project } from './support/project.js'
import { Screen } from './support/screen.js'

let project: Project
beforeAll(async () => {
  project = await Project.create()
  await project.write('agent: shell\nnetwork: none\n')
})
afterAll(async () => {
  await project.remove()
})

/** What a shell prints of a script in which `$SBX` is the command line. */
async function script(text: string): Promise<string> {
  const env = { ...project.env, SBX: `${process.execPath} ${commandLine}` }
  return (await promisify(execFile)('sh', ['-c', `exec 2>&1\n${text}`], { cwd: project.folder, env })).stdout
}

test('a working folder that is gone must be told, and matter only to what works in it', async () => {
  await mkdir(join(project.folder, 'gone'))
  const printed = await script(
    'cd gone; rmdir ../gone; $SBX ls -q; echo "[$?]"; $SBX plan; echo "[$?]"; $SBX run; echo "[$?]"',
  )
  expect(printed).toMatch(/^\[0\]\n.*cli\/no-working-folder[^[]*\[1\]\n.*cli\/no-working-folder[^[]*\[125\]\n$/)
  expect(printed).not.toMatch(/^\s+at /m)
})

test('output that cannot be written must be no success, and a reader that has had enough is none of that', async () => {
  expect(await script('$SBX schema > /dev/full; echo "[$?]"')).toMatch(/cannot be written.*\n\[1\]\n$/)
  expect(await script('{ $SBX schema; echo "[$?]" >&2; } | head -n 1')).toMatch(/\[0\]/)
  // What goes on until somebody ends it ends then.
  const watched = await script('{ $SBX stats --json; echo "[$?]" >&2; } | head -n 1')
  expect(watched).toMatch(/\[0\]\n$/)
  expect(watched).not.toMatch(/EPIPE/)
})

test('Ctrl-D at a question must be a no', async () => {
  const screen = await Screen.open(project)
  try {
    await screen.enter('$SBX apply; echo "code $?"')
    await screen.see(/\[y\/N\]/)
    await screen.press('C-d')
    expect(await screen.see(/^code \d+/m)).toMatch(/Not approved[^]*^code 3/m)
  } finally {
    await screen.close()
  }
  expect(await project.containers()).toEqual([])
})
