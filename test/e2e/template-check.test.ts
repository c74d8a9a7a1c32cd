// `sbx template`: which templates there are, their images, and what an image lacks.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectValid } from './support/documents.js'
import { nothing, objectsOf } from './support/objects.js'
import { Project } from './support/project.js'

type Checked = {
  readonly passed: boolean
  readonly image: string
  readonly findings: readonly { readonly point: string; readonly status: string; readonly sentence: string }[]
}

type Listed = {
  readonly templates: readonly {
    readonly name: string
    readonly agent: string
    readonly version: string | null
    readonly image: string
    readonly source: string
  }[]
}

let project: Project
beforeAll(async () => {
  project = await Project.create()
})
afterAll(async () => {
  await project.remove()
})

/** The document, after a look at what was left behind: nothing. */
async function check(...args: readonly string[]): Promise<Checked> {
  const ran = await project.sbx(['template', 'check', ...args, '--json'])
  const document = JSON.parse(ran.stdout) as Checked
  expectValid('template-check', document)
  expect(ran.exitCode).toBe(document.passed ? 0 : 1)
  expect(await objectsOf(project)).toEqual(nothing)
  return document
}

const missing = ({ findings }: Checked): readonly string[] =>
  findings.flatMap(({ point, status }) => (status === 'missing' ? [point] : []))

const sentence = ({ findings }: Checked, point: string): string =>
  findings.find((finding) => finding.point === point)?.sentence ?? ''

describe('check', () => {
  // Those of the agents are checked in test/agents.
  test('shell must keep the whole contract', async () => {
    const checked = await check('shell')
    expect(checked.findings.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(checked.findings.map(({ point }) => point)).toEqual(
      expect.arrayContaining(['owner', 'sudo', 'agent', 'home']),
    )
    expect(checked.passed).toBe(true)
    // Not a warning, so it is the version that the template says.
    expect(sentence(checked, 'agent-version')).toContain('bash --version says')
  })

  test('tools in the home must be told, with the way out', async () => {
    await project.write(
      'FROM localhost/sbx-shell\n' +
        'RUN mkdir -p /home/agent/.local/bin /home/agent/.local/share/uv/tools/x/bin' +
        " && printf '#!/bin/sh\\necho 1.2.3\\n' > /home/agent/.local/share/uv/tools/x/bin/x" +
        ' && chmod +x /home/agent/.local/share/uv/tools/x/bin/x' +
        ' && ln -s ../share/uv/tools/x/bin/x /home/agent/.local/bin/x' +
        ' && ln -s /home/agent/.local/bin/x /usr/local/bin/x && chown -R agent /home/agent\n',
      'in-home/Dockerfile',
    )
    await project.write('agent: x\ncommand: [x]\nversion: 1.2.3\n', 'in-home/template.yaml')
    const checked = await check('./in-home')
    expect(missing(checked)).toEqual(['agent-place', 'home'])
    expect(sentence(checked, 'agent-place')).toContain('/home/agent/.local/bin/x')
    expect(sentence(checked, 'home')).toContain('/home/agent/.local/bin/x and 1 more')
    expect(sentence(checked, 'home')).toContain('UV_TOOL_DIR=/opt/uv UV_TOOL_BIN_DIR=/usr/local/bin uv tool install')
  })

  test('what is not in an image must be told, a sentence each, whatever the file of the folder says', async () => {
    await project.write('agent: shell\ntemplate: ./bare\n')
    await project.write(
      'FROM localhost/sbx-shell\n' +
        'RUN rm -rf /usr/bin/git /usr/bin/sudo /etc/ssl/certs/ca-certificates.crt' +
        ' /usr/share/ca-certificates /usr/sbin/update-ca-certificates && usermod --shell /bin/none agent\n',
      'bare/Dockerfile',
    )
    await project.write('agent: y\ncommand: [not-there]\n', 'bare/template.yaml')
    const checked = await check('./bare')
    expect(missing(checked)).toEqual(['shell', 'sudo', 'git', 'certificates', 'agent'])
    for (const [point, words] of Object.entries({
      sudo: 'install sudo',
      git: 'install it',
      certificates: 'install ca-certificates',
      agent: 'not-there is not on the PATH',
    })) {
      expect(sentence(checked, point)).toContain(words)
    }
  })

  test('an image without a shell must be told as one that does not start', async () => {
    await project.write('FROM scratch\nCOPY note /note\n', 'empty/Dockerfile')
    await project.write('empty\n', 'empty/note')
    await project.write('agent: z\ncommand: [z]\n', 'empty/template.yaml')
    const checked = await check('./empty')
    expect(missing(checked)).toEqual(['start'])
    expect(sentence(checked, 'start')).toContain('/bin/sh')
    const ran = await project.sbx(['template', 'check', './empty'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stdout).toMatch(/1 of \d+ points are missing/)
  })
})

describe('ls and build', () => {
  test('the list must have the templates of sbx and that of the file', async () => {
    await project.write('FROM localhost/sbx-shell\n', 'own/Dockerfile')
    await project.write('template: ./own\n')
    const listed = await project.json<Listed>(['template', 'ls'])
    expectValid('template-list', listed)
    expect(listed.templates.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['base', 'claude', 'shell', 'tools']),
    )
    expect(listed.templates.at(-1)).toMatchObject({ name: `${project.folder}/own`, agent: 'shell', source: 'folder' })
    expect(await project.ok(['template', 'ls'])).toContain(listed.templates.at(-1)?.image)
  })

  test('build must make the image that the list names, and print its tag', async () => {
    const { templates } = await project.json<Listed>(['template', 'ls'])
    const image = templates.at(-1)?.image ?? ''
    expect((await project.ok(['template', 'build'])).trimEnd()).toBe(image)
    expect((await project.docker.getImage(image).inspect()).RepoTags).toContain(image)
    const document = await project.json(['template', 'build', './own'])
    expectValid('template-build', document)
    expect(document).toMatchObject({ image })
  })
})

test('two projects of one agent must share all that is its own in their images', async () => {
  const other = await Project.create()
  try {
    const layers: (readonly string[])[] = []
    for (const one of [project, other]) {
      await one.write(`agent: claude\nnetwork: none\nsetup: [touch /opt/${one.scope}]\n`)
      const image = (await one.ok(['template', 'build'])).trimEnd()
      layers.push((await one.docker.getImage(image).inspect()).RootFS.Layers ?? [])
    }
    const agent = (await project.ok(['template', 'build', 'claude'])).trimEnd()
    const own = (await project.docker.getImage(agent).inspect()).RootFS.Layers ?? []
    expect(own.length).toBeGreaterThan(3)
    for (const all of layers) expect(all.slice(0, own.length)).toEqual(own)
    expect(layers[0]?.length).toBe(own.length + 1)
  } finally {
    await other.remove()
  }
})
