// Real agents do one task each in a sandbox and leave their work in the workspace: on their own, without a question.

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { owners, Project } from '../e2e/support/project.js'
import type { ModelStub } from '../support/model/stub.js'
import { readFixture, testedAgents } from './support/fixture.js'
import { applyAgent, keyOnHost, madeUpKey } from './support/stage.js'

let project: Project
let model: ModelStub | null

afterEach(async () => {
  await model?.close()
  model = null
  await project.remove()
})

/** The one that is neither root nor the number that the image has. */
const strangeOwner = owners.find((owner) => owner !== 0 && owner !== 1000) ?? owners[0]!

describe.each(testedAgents())('$name', ({ name, descriptor, everyOwner }) => {
  const { format, key } = readFixture(name, '')

  test.each(everyOwner ? owners : [strangeOwner])(
    'in a workspace of uid %i must run its shell, and its file must belong to that owner',
    async (owner) => {
      project = await Project.create({ owner })
      model = await applyAgent(project, name, {
        // Without a substitution, which not every agent's shell allows.
        command: 'id -u > made-by; echo "$USER $HOME $PWD" >> made-by',
        answer: 'It is written.',
      })
      const args = descriptor.oneShot!.map((word) => word.replace('{prompt}', 'Write the file.'))

      const printed = await project.ok(['run', name, '--', ...args], { env: keyOnHost })

      expect(printed).toContain('It is written.')
      const file = join(project.folder, 'made-by')
      expect(await readFile(file, 'utf8')).toBe(`${String(owner)}\nagent /home/agent ${project.folder}\n`)
      expect(await stat(file)).toMatchObject({ uid: owner, gid: owner })
      const asked = model.requests.filter((request) => request.format !== null)
      expect(new Set(asked.map((request) => request.format))).toEqual(new Set([format]))
      expect(asked.some(({ body }) => body.includes('Write the file.'))).toBe(true)
      if (key !== undefined) expect(JSON.stringify(asked.map(({ headers }) => headers))).toContain(madeUpKey)
    },
  )
})
