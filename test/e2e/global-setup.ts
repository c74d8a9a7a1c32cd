// End-to-end tests drive the built command line, so it is built once before them, from what is on disk now. So are the
// images that they share, or the first tests would build them several times beside each other.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Project } from './support/project.js'

export default async function buildWhatTestsShare(): Promise<void> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  // `npm test` has done it.
  const isBuilt = process.env['SBX_TEST_IS_BUILT'] !== undefined
  for (const script of isBuilt ? [] : ['scripts/generate.mjs', 'scripts/build.mjs']) {
    execFileSync(process.execPath, [script], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  }
  // A limited network needs the image of its proxy beside the agent's.
  const files = ['agent: claude\nnetwork: none\n', 'agent: shell\nnetwork: { allow: [] }\n']
  for (const file of files) {
    const project = await Project.create()
    try {
      await project.write(file)
      await project.ok(['apply', '--yes'])
    } finally {
      await project.remove()
    }
  }
}
