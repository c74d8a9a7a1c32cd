// A file with a mistake in it is told with its line and column, and nothing is done because of it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectValid, type ErrorsDocument } from './support/documents.js'
import { objectsOf, type Objects } from './support/objects.js'
import { Project } from './support/project.js'

type Mistake = {
  readonly what: string
  readonly text: string
  /** `line:column` of each problem. */
  readonly at: readonly string[]
  readonly says: readonly RegExp[]
}

const mistakes: readonly Mistake[] = [
  {
    what: 'a mistyped key',
    text: 'agent: shell\nmouns: [/data:/data]\n',
    at: ['2:1'],
    says: [/Did you mean `mounts`\?/],
  },
  {
    what: 'a mistyped key within another',
    text: 'agent: shell\nresources:\n  memroy: 1g\n',
    at: ['3:3'],
    says: [/Did you mean `memory`\?/],
  },
  {
    what: 'a mistyped value',
    text: 'agent: shell\ncredentials: sandbx\n',
    at: ['2:14'],
    says: [/Did you mean `sandbox`\?/],
  },
  {
    what: 'a wrong type',
    text: 'agent: shell\nresources: { cpus: many }\n',
    at: ['2:20'],
    says: [/`resources\.cpus` is text and must be a number/],
  },
  {
    what: 'a file cut short in a mapping',
    text: 'agent: shell\nenv: { NODE_ENV: devel',
    at: ['2:23'],
    says: [/not valid YAML/],
  },
  {
    what: 'a file cut short in a quoted text',
    text: 'agent: shell\nenv:\n  NODE_ENV: "devel',
    at: ['3:19'],
    says: [/not valid YAML/, /closing "quote/],
  },
  {
    what: 'a key that is there twice',
    text: 'agent: shell\nname: one\nname: two\n',
    at: ['3:1'],
    says: [/`?name`?/],
  },
  {
    what: 'several mistakes at once',
    text: 'agnt: shell\nenv: { A: [] }\nports: ["70000"]\n',
    at: ['1:1', '2:11', '3:9'],
    says: [/Did you mean `agent`\?/],
  },
]

describe('a sandbox that runs', () => {
  let project: Project
  let before: Objects
  beforeAll(async () => {
    project = await Project.create()
    await project.write('agent: shell\n')
    await project.ok(['apply', '--yes'])
    before = await objectsOf(project)
  })
  afterAll(async () => {
    await project.remove()
  })

  test.each(mistakes)('$what must be told where it is, and touch nothing', async ({ text, at, says }) => {
    await project.write(text)
    const told = await project.sbx(['apply', '--yes', '--allow-widen', '--json'])
    expect(told.exitCode).toBe(1)
    const document = JSON.parse(told.stdout) as ErrorsDocument
    expectValid('errors', document)
    expect(document.diagnostics.map(({ at: place }) => `${String(place?.line)}:${String(place?.column)}`)).toEqual(at)

    for (const verb of ['validate', 'plan']) {
      const { exitCode, stdout, stderr } = await project.sbx([verb])
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
      for (const place of at) expect(stderr).toContain(`sandbox.yaml:${place}\n`)
      for (const words of says) expect(stderr).toMatch(words)
    }
    expect(await objectsOf(project)).toEqual(before)
  })

  test('a missing mount source must be one message that names the key’s line, and touch nothing', async () => {
    await project.write(`agent: shell\nmounts:\n  - ${project.beside('not-there')}:/data\n`)
    for (const args of [['plan'], ['apply', '--yes', '--allow-widen']]) {
      const { exitCode, stdout, stderr } = await project.sbx(args)
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
      expect(stderr.match(/^error: .*$/gm)).toEqual([
        'error: The source of a mount is missing [resolve/missing-source]',
      ])
      expect(stderr).toContain('sandbox.yaml:3:5\n')
      expect(stderr.replaceAll(/\s+/g, ' ')).toContain(`${project.beside('not-there')}, the source of /data,`)
      expect(stderr).not.toMatch(/docker|^\s+at /m)
    }
    expect(await objectsOf(project)).toEqual(before)
  })

  test('run must say the same and exit 125', async () => {
    await project.write('agent: shell\nenvs: {}\n')
    const ran = await project.sbx(['run', '--', '-c', 'echo started'])
    expect(ran).toMatchObject({ exitCode: 125, stdout: '' })
    expect(ran.stderr).toContain('sandbox.yaml:2:1\n')
    expect(await objectsOf(project)).toEqual(before)
  })

  test('exec must go on in what was applied, and say that the file cannot be applied', async () => {
    await project.write('agent: shell\nenvs: {}\n')
    const ran = await project.sbx(['exec', '--', 'echo', 'here'])
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'here\n' })
    expect(ran.stderr).toMatch(/sandbox\.yaml cannot be applied now/)
  })
})
