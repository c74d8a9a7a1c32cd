// The example for CI does what it says: the commands of its workflow, on a repository that means harm.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { commandLine, Project } from './support/project.js'
import { Repository } from './support/repository.js'

const example = fileURLToPath(new URL('../../examples/ci', import.meta.url))

type Workflow = {
  readonly jobs: { readonly diff: { readonly steps: readonly { readonly name?: string; readonly run?: string }[] } }
}

async function workflow(): Promise<Workflow> {
  return parse(await readFile(join(example, '.github/workflows/sandbox.yaml'), 'utf8')) as Workflow
}

/** What a step of the workflow runs, by the first word of its name. */
function commandsOf({ jobs }: Workflow, step: string): string {
  const found = jobs.diff.steps.find(({ name }) => name?.startsWith(step))?.run
  if (found === undefined) throw new Error(`the workflow has no step ${step}`)
  return found
}

test('the workflow of the example tells what a pull request reaches, and runs nothing of it', async () => {
  const project = await Project.create()
  try {
    const repository = await Repository.create(project.beside('repository'))
    await cp(example, repository.folder, { recursive: true })
    await repository.commit()
    const file = await readFile(join(example, 'sandbox.yaml'), 'utf8')
    await repository.write('sandbox.yaml', file.replace('network: none', 'network: open\nsocket: host'))
    await repository.commit()
    const mark = project.beside('was-run')
    await appendFile(join(repository.folder, '.git/config'), `[core]\n  fsmonitor = touch ${mark}\n`)

    const tools = project.beside('tools')
    await mkdir(tools)
    await writeFile(join(tools, 'sbx'), `#!/bin/sh\nexec '${process.execPath}' '${commandLine}' "$@"\n`, {
      mode: 0o755,
    })
    // Of jq what the workflow asks of it: runners have it, and a machine for these tests need not.
    const jq = "process.exit(JSON.parse(require('fs').readFileSync(0)).widens === false ? 0 : 1)"
    await writeFile(join(tools, 'jq'), `#!/bin/sh\nexec '${process.execPath}' -e "${jq}"\n`, { mode: 0o755 })
    const summary = join(tools, 'summary.md')
    const env = { ...project.env, PATH: `${tools}:${project.env['PATH'] ?? ''}` }
    const step = async (name: string): Promise<unknown> =>
      promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', commandsOf(await workflow(), name)], {
        cwd: repository.folder,
        env: { ...env, RUNNER_TEMP: tools, GITHUB_STEP_SUMMARY: summary },
      })
    await step('Compare')
    expect(await readFile(summary, 'utf8')).toMatch(
      /reaches further[^]*\| added \| <code>socket<\/code>[^]*<code>network<\/code>/,
    )
    const text = await project.sbx(['diff', '--detailed-exitcode'], { folder: '../repository' })
    expect(text).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Both say the same.') as string })
    expect(commandsOf(await workflow(), 'Reaching further')).toContain("jq --exit-status '.widens == false'")
    await expect(step('Reaching further')).rejects.toMatchObject({ code: 1 })
    expect(existsSync(mark)).toBe(false)
  } finally {
    await project.remove()
  }
})
