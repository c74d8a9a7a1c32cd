// A plan that was saved is applied as it was reviewed, or not at all.

import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectValid, type ErrorsDocument } from './support/documents.js'
import { Project } from './support/project.js'

const token = 'planted-secret-4711'
const env = { SBX_TEST_TOKEN: token }

function file(pids: number): string {
  return `agent: shell\nname: web\nresources: { pids: ${String(pids)} }\nenv: { TOKEN: "\${env:SBX_TEST_TOKEN}" }\n`
}

describe('a saved plan', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await project.write(file(100))
  })
  afterAll(async () => {
    await project.remove()
  })

  const limit = async (): Promise<number | undefined> => (await project.container()).HostConfig.PidsLimit

  test('must be for its owner alone, without a secret, and be shown as it was printed', async () => {
    const printed = await project.ok(['plan', '-o', 'p.json'], { env })
    expect(printed).toContain('Next: sbx apply p.json\n')
    expect((await stat(`${project.folder}/p.json`)).mode & 0o777).toBe(0o600)
    const text = await readFile(`${project.folder}/p.json`, 'utf8')
    expect(text).not.toContain(token)
    expectValid('saved-plan', JSON.parse(text))
    await mkdir(`${project.folder}/sub`)
    expect(await project.ok(['plan', 'show', '../p.json'], { folder: 'sub' })).toBe(printed)
    expect(await project.containers()).toEqual([])
  })

  test('must be a yes of its user, and of nobody else', async () => {
    await mkdir(project.beside('data'))
    await project.write(`agent: shell\nname: web\nmounts: ["${project.beside('data')}:/data:ro"]\n`, 'other.yaml')
    const other = { XDG_CONFIG_HOME: project.beside('other-user') }
    await project.ok(['plan', '--config', 'other.yaml', '-o', 'other.json'], { env: other })
    const refused = await project.sbx(['apply', 'other.json', '--config', 'other.yaml'])
    expect(refused).toMatchObject({ exitCode: 3 })
    expect(refused.stderr).toContain('has no seal of yours')
    expect(refused.stderr).toMatch(/sbx apply other\.json .*--yes --allow mount:\/data/)
    expect(await project.containers()).toEqual([])

    // What it widens was in the plan: no flag is needed.
    const memory = `${project.home}/.local/state/sbx/saved-plans`
    const remembered = async (): Promise<readonly string[]> =>
      Promise.all((await readdir(memory)).map((name) => readFile(`${memory}/${name}`, 'utf8')))
    const { checksum } = JSON.parse(await readFile(`${project.folder}/p.json`, 'utf8')) as { checksum: string }
    expect(await remembered()).toContain(checksum)
    await project.ok(['apply', 'p.json'], { env })
    expect(await limit()).toBe(100)
    // And that yes was for once.
    expect(await remembered()).not.toContain(checksum)
  })

  test('must be no yes when it was turned down and comes back in the place of the next', async () => {
    await mkdir(project.beside('secret'))
    await project.write(`${file(300)}mounts: ["${project.beside('secret')}:/data"]\n`)
    await project.ok(['plan', '-o', 'p.json'], { env })
    const turnedDown = await readFile(`${project.folder}/p.json`)
    const malicious = await readFile(`${project.folder}/sandbox.yaml`, 'utf8')
    await project.write(file(300))
    await project.ok(['plan', '-o', 'p.json'], { env })
    await project.write(malicious)
    await writeFile(`${project.folder}/p.json`, turnedDown)
    const refused = await project.sbx(['apply', 'p.json'], { env })
    expect(refused).toMatchObject({ exitCode: 3 })
    expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain('p.json is not the plan that you saved there last')
    expect(refused.stderr).toContain('--allow mount:/data')
    expect(await limit()).toBe(100)
  })

  test('must be refused with exit code 4 when a limit was changed by hand, and done when that is undone', async () => {
    await project.write(file(200))
    await project.ok(['plan', '-o', 'p.json'], { env })
    const container = project.docker.getContainer((await project.container()).Id)
    await container.update({ PidsLimit: 50 })
    const stale = await project.sbx(['apply', 'p.json', '--json'], { env })
    expect(stale).toMatchObject({ exitCode: 4, stderr: '' })
    const document = JSON.parse(stale.stdout) as ErrorsDocument
    expectValid('errors', document)
    expect(document.diagnostics).toMatchObject([
      {
        code: 'plan/stale',
        command: 'sbx plan -o p.json',
        table: [['resources.pids', '100', '->', '50', {}], {}],
      },
    ])
    expect(await limit()).toBe(50)

    await container.update({ PidsLimit: 100 })
    const lines = (await project.ok(['apply', 'p.json', '--json'], { env })).trimEnd().split('\n')
    for (const line of lines) expectValid('events', JSON.parse(line))
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'summary', sandboxes: [{ action: 'update' }] })
    expect(await limit()).toBe(200)
  })

  test('must not be done when it was edited', async () => {
    await project.ok(['plan', '--recreate', '-o', 'p.json'], { env })
    const text = await readFile(`${project.folder}/p.json`, 'utf8')
    await writeFile(`${project.folder}/p.json`, text.replace('"recreate": true', '"discard": true'))
    const ran = await project.sbx(['apply', 'p.json'], { env })
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' })
    expect(ran.stderr).toContain('[plan/damaged]')
  })

  test('must lose files only where that was said when it was made', async () => {
    const { Id } = await project.container()
    const exec = await project.docker.getContainer(Id).exec({ Cmd: ['sh', '-c', 'echo tool > /opt/tool'] })
    const stream = await exec.start({})
    await new Promise((resolve) => stream.on('end', resolve).resume())

    await project.ok(['plan', '--recreate', '-o', 'p.json'], { env })
    const refused = await project.sbx(['apply', 'p.json'], { env })
    expect(refused).toMatchObject({ exitCode: 3 })
    expect((await project.container()).Id).toBe(Id)

    await project.ok(['plan', '--recreate', '--discard', '-o', 'p.json'], { env })
    await project.ok(['apply', 'p.json'], { env })
    expect((await project.container()).Id).not.toBe(Id)
  })
})
