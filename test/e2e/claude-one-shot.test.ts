// A real Claude Code does one task in a sandbox and leaves its work in the workspace, for every kind of owner.

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { ModelStub } from '../support/model-stub.js'
import { applyClaude, madeUpKey } from './support/model.js'
import { owners, Project } from './support/project.js'

let project: Project
let model: ModelStub

afterEach(async () => {
  await model.close()
  await project.remove()
})

describe.each(owners)('in a workspace of uid %i', (owner) => {
  test('a one-shot prompt must run the shell tool, and its file must belong to the workspace’s owner', async () => {
    project = await Project.create({ owner })
    model = await applyClaude(project, {
      command: 'echo "$(id -u) $USER $HOME $PWD" > made-by',
      answer: 'It is written.',
    })

    const ran = await project.sbx(['run', '--', '-p', 'Write the file.'], { env: { MADE_UP_KEY: madeUpKey } })

    expect(ran.stdout).toBe('It is written.\n')
    expect(ran.exitCode).toBe(0)
    const file = join(project.folder, 'made-by')
    expect(await readFile(file, 'utf8')).toBe(`${String(owner)} agent /home/agent ${project.folder}\n`)
    expect(await stat(file)).toMatchObject({ uid: owner, gid: owner })
    const asked = model.requests.filter(({ path }) => path.startsWith('/v1/messages'))
    expect(asked.map(({ headers }) => headers['x-api-key'])).toContain(madeUpKey)
    expect(asked.some(({ body }) => body.includes('Write the file.'))).toBe(true)
  })
})
